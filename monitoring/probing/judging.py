"""How a service stands, by what its vantage points saw of it in one round: a quorum decides.

down      more than half of the points that could look saw it fail
degraded  some saw it fail, or answer slowly, or the cloud shows that some of its members are out
up        every point that could look saw it answer as it should, and in time
unknown   none could look

A point that heard nobody at all is suspected itself, and does not count: its silence says nothing of the services.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from monitoring.ledger.intervals import State
from monitoring.probing.account import MEMBERS_OUT, SLOW, Account, Reason
from monitoring.probing.failure import Failure
from monitoring.probing.probe import Found

FEWEST_ASKED = 3
"""Silence of fewer services may be theirs."""


def deaf(looks: Mapping[str, Sequence[Found]]) -> frozenset[str]:
    """The points, by their looks at different services, that asked enough of them and heard nobody."""
    return frozenset(point for point, found in looks.items() if _is_deaf(found))


def _is_deaf(found: Sequence[Found]) -> bool:
    asked = [one for one in found if one.failure is not Failure.NOT_ASKED]
    return len(asked) >= FEWEST_ASKED and not any(one.heard for one in asked)


def judge(
    looks: Mapping[str, Found], within_s: float, suspected: Collection[str] = (), members_out: str = ""
) -> Account:
    """`looks` by vantage point; an answer that took longer than `within_s` is slow; `members_out` is the cloud's word
    on members that do not serve, empty where all do."""
    seen = {p: found for p, found in looks.items() if p not in suspected and found.failure is not Failure.NOT_ASKED}
    evidence = "; ".join(f"{point}: {_evidence(found)}" for point, found in looks.items())
    blind = tuple(point for point in looks if point not in seen)
    unasked = (Reason(Failure.NOT_ASKED, blind),) if blind else ()
    if not seen:
        return Account(state=State.UNKNOWN, reasons=unasked, evidence=evidence)
    failed = [point for point, found in seen.items() if found.failure is not None]
    slow = tuple(point for point, found in seen.items() if found.failure is None and found.seconds > within_s)
    why = (
        *_failures(seen, failed),
        *([Reason(SLOW, slow)] if slow else ()),
        *([Reason(MEMBERS_OUT, cloud=members_out)] if members_out else ()),
    )
    if 2 * len(failed) > len(seen):
        return Account(state=State.DOWN, reasons=(*why, *unasked), evidence=evidence)
    return Account(state=State.DEGRADED if why else State.UP, reasons=(*why, *unasked), evidence=evidence)


def _failures(seen: Mapping[str, Found], failed: Iterable[str]) -> Iterable[Reason]:
    """Each kind of failure once, the one that most points saw first."""
    by_kind: dict[Failure, list[str]] = {}
    for point in failed:
        by_kind.setdefault(seen[point].failure or Failure.NOT_ASKED, []).append(point)
    return (Reason(kind, tuple(points)) for kind, points in sorted(by_kind.items(), key=lambda one: -len(one[1])))


def _evidence(found: Found) -> str:
    """One look, as evidence."""
    said = found.detail if found.failure is None else ": ".join(filter(None, (found.failure, found.detail)))
    return f"{said}, {found.seconds:.3f} s"
