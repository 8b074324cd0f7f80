"""When what rounds of looks say is believed: a service is as bad as `failures` of its last `rounds` say, no worse.

A round that contradicts what is believed is held back, and nothing is told of it: either the rounds after it make it
believed, and then it is told from its own moment on, or they do not, and then it was no outage by the declared rule.
Nothing is held back of a round in which nobody could look: that is told at once, and the rule begins anew.

Pure; the prober tells what these functions decide.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from monitoring.ledger.intervals import State
from monitoring.probing.account import Account

_BADNESS = (State.UP, State.DEGRADED, State.DOWN)


@dataclass(frozen=True, slots=True)
class Round:
    at: datetime
    account: Account

    @property
    def state(self) -> State:
        return self.account.state


@dataclass(frozen=True, slots=True)
class Rule:
    """`failures` of `rounds`, 1 <= failures <= rounds."""

    failures: int
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The last rounds in which somebody could look, what is believed by them (None: nothing yet), and those that are
    held back, all oldest first."""

    recent: tuple[Round, ...] = ()
    believed: State | None = None
    held: tuple[Round, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the next round is worth having soon."""
        return bool(self.held)


def after(course: Course, seen: Round, rule: Rule) -> tuple[Course, tuple[Round, ...]]:
    """The course after one more round, and what is to be told now, in order of time."""
    if seen.state is State.UNKNOWN:
        return Course(), (seen,)
    recent = (*course.recent, seen)[-rule.rounds :]
    believed = _believed(recent, rule) or course.believed
    held = (*course.held, seen)
    if believed is None or (believed is course.believed and seen.state is not believed):
        return Course(recent=recent, believed=course.believed, held=held), ()
    agrees = seen.state is believed
    settled = Course(recent=recent, believed=believed, held=() if agrees else (seen,))
    if believed is course.believed:
        return settled, (seen,)
    told = _as_believed(recent, believed)
    moments = dict.fromkeys((held[0].at, *([seen.at] if agrees else [])))
    return settled, tuple(Round(at, told) for at in moments)


def _believed(recent: tuple[Round, ...], rule: Rule) -> State | None:
    """As bad as `failures` of the rounds; None where these are too few to say."""
    badness = sorted((_BADNESS.index(one.state) for one in recent), reverse=True)
    if len(badness) < rule.failures:
        return None if badness[0] else State.UP
    return _BADNESS[badness[rule.failures - 1]]


def _as_believed(recent: tuple[Round, ...], state: State) -> Account:
    """The newest account that says so; one that says worse, where none says exactly that."""
    bad = [one.account for one in recent if _BADNESS.index(one.state) >= _BADNESS.index(state)]
    exact = [account for account in bad if account.state is state]
    return exact[-1] if exact else replace(bad[-1], state=state)
