"""A cloud that fails for a moment is asked once more, and one that is slow is said to be slow."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from types import MappingProxyType
from typing import TypeVar

from city.errors import Failed
from city.outcome import Outcome, Status
from infra.answers import momentary
from infra.events import Report

T = TypeVar("T")
EVERY_S = 60.0
"""How often somebody who waits is told so."""
LOST = "create; the answer was lost, and the cloud had made it"
LATE = "delete; the cloud came to the end of it after the provider had given it up"


def again(work: Callable[[], T], stack: str, report: Report) -> T:
    """What `work` returns; where it fails for a moment, what it does the second time. For what only looks."""
    try:
        return work()
    except Failed as failure:
        if not momentary(failure.problem):
            raise
    report(f"{stack}: the cloud failed for a moment; looking again")
    return work()


def all_momentary(outcomes: Sequence[Outcome], settled: Collection[str] = ()) -> bool:
    """Whether something failed, and nothing but what may go well the next time, or is `settled`, by its subject."""
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    certain = all(outcome.status is not Status.UNKNOWN for outcome in outcomes)
    return certain and bool(failed) and all(one.subject in settled or momentary(one.reason) for one in failed)


def joined(
    first: Sequence[Outcome], second: Sequence[Outcome], settled: Mapping[str, str] = MappingProxyType({})
) -> list[Outcome]:
    """Of two runs one account: what the second found as it should be, though the first changed it, was changed.

    So was what is `settled`, by its subject with the reason: the first run did it, and was not told so.
    """
    known = [
        replace(one, status=Status.CHANGED, reason=settled[one.subject]) for one in first if one.subject in settled
    ]
    done = {one.subject: one for one in [*first, *known] if one.status is Status.CHANGED}
    told = [done.get(one.subject, one) if one.status is Status.OK else one for one in second]
    seen = {one.subject for one in told}
    return [*(outcome for name, outcome in done.items() if name not in seen), *told]


@contextmanager
def still_waiting(stack: str, report: Report) -> Iterator[None]:
    """Tells each minute that the cloud has not ended what was asked of it."""
    over = Event()
    teller = Thread(target=_tell, args=(stack, report, over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(stack: str, report: Report, over: Event) -> None:
    waited = 0.0
    while not over.wait(EVERY_S):
        waited += EVERY_S
        report(f"{stack}: still waiting for the cloud ({waited:.0f} s)")
