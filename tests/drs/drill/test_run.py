"""A drill's history: what may follow what, and what is known after it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drs.check import Answer
from drs.drill.entry import (
    Approved,
    Begun,
    Closed,
    Ended,
    Entry,
    Measured,
    Opened,
    Overridden,
    Seen,
    Stopped,
    TakenOver,
)
from drs.drill.known import Stage
from drs.drill.plan import Plan
from drs.drill.rules import Violation
from drs.drill.run import Run
from drs.drill.status import sentence
from tests.drs.drill.plans import FAILOVER, task

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BOTH = ("the cloud", "a client")
OPENED = Opened(at=NOW, by="maria", drill="d1", mode="failover", plan=FAILOVER.digest, machine="laptop")


def begun(task: str, attempt: int = 1, by: str = "maria", at: datetime = NOW) -> Begun:
    return Begun(at=at, by=by, task=task, attempt=attempt)


def ended(task: str, attempt: int = 1, by: str = "maria", *, failed: bool = False) -> Ended:
    return Ended(at=NOW, by=by, task=task, attempt=attempt, told="done", failed=failed)


def seen(task: str, answer: Answer = Answer.MET, *witnesses: str, by: str = "maria") -> Seen:
    return Seen(at=NOW, by=by, task=task, answer=answer, reason="looked", witnesses=witnesses)


def not_done(task: str) -> Seen:
    return seen(task, Answer.UNMET)


def approved(task: str, by: str, until: datetime = LATER) -> Approved:
    return Approved(at=NOW, by=by, task=task, until=until)


def overridden(task: str, by: str = "maria", reason: str = "the building has burnt down") -> Overridden:
    return Overridden(at=NOW, by=by, task=task, reason=reason)


def measured(
    service: str, downtime_s: float | None = 4.2, acknowledged: int | None = 900, lost: int | None = 3
) -> Measured:
    """By a client in the street."""
    return Measured(
        at=NOW,
        by="maria",
        service=service,
        downtime_s=downtime_s,
        acknowledged=acknowledged,
        lost=lost,
        lost_s=0.5,
        how="marks written by name each 20 ms",
    )


STOPPED = Stopped(at=NOW, by="nikos", reason="false alarm")
FENCED = (OPENED, seen("ready"), seen("fence", Answer.MET, *BOTH))
AGREED = (*FENCED, not_done("promote"), approved("promote", "maria"), approved("promote", "nikos"))


def run_of(entries: Sequence[Entry]) -> Run:
    run = Run(plan=FAILOVER)
    for entry in entries:
        run = run.after(entry)
    return run


NEVER: dict[str, tuple[Sequence[Entry], Entry, str]] = {
    "before it is open": ((), seen("ready"), "no drill is open"),
    "opened twice": ((OPENED,), OPENED, "opened before"),
    "another plan": (
        (),
        Opened(at=NOW, by="m", drill="d", mode="failover", plan="0" * 64, machine="l"),
        "another plan",
    ),
    "another mode": (
        (),
        Opened(at=NOW, by="m", drill="d", mode="rehearse", plan=FAILOVER.digest, machine="l"),
        "another plan",
    ),
    "no such task": ((OPENED,), seen("dance"), "the plan has no task dance"),
    "begun by another": ((OPENED, not_done("ready")), begun("ready", by="nikos"), "maria conducts"),
    "begun unseen": ((OPENED,), begun("ready"), "look first"),
    "begun though done": ((OPENED, seen("ready")), begun("ready"), "ready is proven"),
    "begun though nobody could see": ((OPENED, seen("ready", Answer.UNKNOWN)), begun("ready"), "ready is unseen"),
    "begun twice": ((OPENED, not_done("ready"), begun("ready")), begun("ready", 2), "ready is under way"),
    "begun again while it runs": (
        (OPENED, not_done("ready"), begun("ready"), not_done("ready")),
        begun("ready", 2),
        "ready is under way",
    ),
    "begun again unseen": (
        (OPENED, not_done("ready"), begun("ready"), ended("ready")),
        begun("ready", 2),
        "ready is returned",
    ),
    "wrong attempt": ((OPENED, not_done("ready")), begun("ready", 2), "attempt 1 of ready, not 2"),
    "before its needs": ((OPENED, not_done("fence")), begun("fence"), "fence needs ready"),
    "needs not seen": ((OPENED, seen("ready", Answer.UNKNOWN), not_done("fence")), begun("fence"), "fence needs ready"),
    "needs half done": ((OPENED, seen("ready", Answer.PARTLY), not_done("fence")), begun("fence"), "fence needs ready"),
    "no agreement": ((*FENCED, not_done("promote")), begun("promote"), "0 of 2 persons"),
    "one agrees twice": (
        (*FENCED, not_done("promote"), approved("promote", "maria"), approved("promote", "maria")),
        begun("promote"),
        "1 of 2 persons",
    ),
    "agreement has run out": (AGREED, begun("promote", at=LATER), "0 of 2 persons"),
    "agreement to another task": (
        (*FENCED, not_done("promote"), approved("promote", "maria"), approved("serve", "nikos")),
        begun("promote"),
        "1 of 2 persons",
    ),
    "one proof of the fence": (
        (OPENED, seen("ready"), seen("fence", Answer.MET, "the cloud"), *AGREED[3:]),
        begun("promote"),
        "promote needs fence",
    ),
    "one proof told twice": (
        (OPENED, seen("ready"), seen("fence", Answer.MET, "the cloud", "the cloud"), *AGREED[3:]),
        begun("promote"),
        "promote needs fence",
    ),
    "the fence fell again": ((*AGREED, not_done("fence")), begun("promote"), "promote needs fence"),
    "what the fence needs fell": ((*AGREED, not_done("ready")), begun("promote"), "promote needs fence"),
    "ended unbegun": ((OPENED,), ended("ready"), "not under way"),
    "ended twice": ((OPENED, not_done("ready"), begun("ready"), ended("ready")), ended("ready"), "not under way"),
    "ended another attempt": ((OPENED, not_done("ready"), begun("ready")), ended("ready", 2), "not under way"),
    "ended by who was replaced": (
        (OPENED, not_done("ready"), begun("ready"), TakenOver(at=NOW, by="nikos", machine="desk")),
        ended("ready"),
        "nikos conducts",
    ),
    "answered for by nobody": ((OPENED,), overridden("fence", by=" "), "a name and a reason"),
    "answered for without reason": ((OPENED,), overridden("fence", reason=" \t"), "a name and a reason"),
    "begun after the stop": ((OPENED, not_done("ready"), STOPPED), begun("ready"), "nikos has stopped"),
    "closed too early": ((OPENED,), Closed(at=NOW, by="maria", left=run_of([OPENED]).left), "ready is not proven"),
    "closed with less left than there is": (
        (OPENED, STOPPED),
        Closed(at=NOW, by="maria", left=("ready",)),
        "5 tasks are left, not 1",
    ),
    "after the end": (
        (OPENED, STOPPED, Closed(at=NOW, by="maria", left=run_of([OPENED]).left)),
        seen("ready"),
        "the drill is closed",
    ),
}


ONE = Plan(mode="failover", tasks=(replace(task("ready"), service="portal"),))
OPEN = Run(plan=ONE).after(replace(OPENED, plan=ONE.digest))


def test_the_newest_figures_of_a_service_count() -> None:
    run = OPEN.after(measured("portal", lost=None)).after(newest := measured("portal", downtime_s=None))
    assert run.measured == {"portal": newest}
    assert newest.figures == (900, 3, 0.5)


@pytest.mark.parametrize(
    ("figures", "problem"),
    [
        pytest.param(measured("dance"), "no service dance", id="another service"),
        pytest.param(measured("portal", downtime_s=-1), "no length and no number", id="less than nothing"),
        pytest.param(measured("portal", downtime_s=float("nan")), "no length and no number", id="not a number"),
        pytest.param(measured("portal", lost=901), "more records of portal are lost", id="more than there were"),
    ],
)
def test_figures_that_cannot_be_are_refused(figures: Measured, problem: str) -> None:
    with pytest.raises(Violation, match=problem):
        OPEN.after(figures)


@pytest.mark.parametrize(("before", "entry", "problem"), NEVER.values(), ids=NEVER.keys())
def test_what_must_never_follow_is_refused(before: Sequence[Entry], entry: Entry, problem: str) -> None:
    run = run_of(before)
    with pytest.raises(Violation) as refusal:
        run.after(entry)
    assert problem in str(refusal.value)


def test_with_a_fence_seen_two_ways_and_two_who_agree_the_promotion_begins() -> None:
    run = run_of([*AGREED, begun("promote")])
    assert run.known("promote").stage is Stage.UNDER_WAY


def test_a_look_that_was_under_way_takes_nobodys_answer_back() -> None:
    answered: list[Entry] = [OPENED, seen("ready"), overridden("fence")]
    assert run_of([*answered, seen("fence", Answer.UNKNOWN)]).known("fence").stage is Stage.OVERRIDDEN
    assert run_of([*answered, not_done("fence")]).known("fence").stage is Stage.OVERRIDDEN
    assert run_of([*answered, seen("fence", Answer.MET, *BOTH)]).known("fence").stage is Stage.PROVEN


def test_a_named_person_with_a_reason_stands_in_for_the_proof_of_a_fence() -> None:
    run = run_of([OPENED, seen("ready"), seen("fence", Answer.UNKNOWN), overridden("fence"), *AGREED[3:]])
    assert run.after(begun("promote")).known("promote").stage is Stage.UNDER_WAY
    assert run.known("fence").reason == "maria answers for it: the building has burnt down"


def test_what_was_seen_to_be_done_counts_only_with_all_that_it_needs() -> None:
    """Somebody promoted by hand before the fence: nothing begins to serve on top of it."""
    run = run_of([OPENED, seen("ready"), not_done("fence"), seen("promote"), not_done("serve")])
    assert run.proven == {"ready"}
    with pytest.raises(Violation, match="serve needs promote"):
        run.after(begun("serve"))


def test_who_takes_over_looks_and_may_try_again() -> None:
    dead: list[Entry] = [OPENED, not_done("ready"), begun("ready")]
    over = run_of([*dead, TakenOver(at=NOW, by="nikos", machine="desk"), not_done("ready")])
    assert (over.conductor, over.machine) == ("nikos", "desk")
    again = over.after(begun("ready", 2, by="nikos")).after(ended("ready", 2, by="nikos")).known("ready")
    assert (again.stage, again.attempts, again.tried) == (Stage.RETURNED, 2, True)


def test_a_late_return_does_not_undo_what_was_seen_meanwhile() -> None:
    run = run_of([OPENED, not_done("ready"), begun("ready"), seen("ready", by="nikos"), ended("ready")])
    assert run.known("ready").stage is Stage.PROVEN


def test_a_drill_is_closed_when_all_is_proven_or_when_it_was_stopped() -> None:
    done: list[Entry] = [*FENCED, seen("promote"), seen("serve"), seen("portal")]
    assert run_of([*done, Closed(at=NOW, by="maria", left=())]).closed
    left = ("promote", "serve", "portal")
    assert run_of([*FENCED, STOPPED, Closed(at=NOW, by="maria", left=left)]).closed


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (measured("portal"), "away for 4.2 s, 3 of 900 records lost"),
        (
            replace(measured("portal", None, None, None), lost_s=7.0),
            "an unknown number of s, files of at most 7 s lost",
        ),
        (replace(measured("portal", None, None, None), lost_s=None), "lost not known"),
    ],
)
def test_what_was_measured_is_told_as_records_as_files_or_as_not_known(found: Measured, told: str) -> None:
    assert told in sentence(found)
