"""What broke is seen, and what nobody can tell is unknown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from city.model.places import SiteRole
from drs.chaos.invariants import Evidence, judged
from drs.chaos.watch import Watch
from drs.check import Answer
from drs.drill.entry import Entry, Overridden, Undoing
from drs.drill.plan import Plan
from tests.drs.drill.plans import task
from tests.drs.drill.test_run import begun, measured, not_done, seen

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TASKS = (task("fence", fences="register"), replace(task("promote", "fence", promotes="register"), service="portal"))
FAILOVER = Plan(mode="failover", tasks=TASKS)
FENCED = seen("fence", Answer.MET, "cloud", "client")
GOOD = Evidence(
    plan=FAILOVER,
    entries=(FENCED, begun("promote"), measured("portal", lost=3)),
    journal_trouble="",
    looks=9,
    splits=(),
    lost={"portal": 3},
)
LEADER, LOSS, NEEDS, JOURNAL = range(4)


def held(found: Evidence, which: int) -> bool | None:
    return judged(found)[which].held


def test_a_drill_of_which_nothing_broke_holds_all_four() -> None:
    assert [one.held for one in judged(GOOD)] == [True] * 4


def test_two_that_led_are_a_broken_promise_and_no_look_is_unknown() -> None:
    assert held(replace(GOOD, splits=("both",)), LEADER) is False
    assert held(replace(GOOD, looks=0), LEADER) is None


@pytest.mark.parametrize(
    ("mode", "lost", "reported", "wanted"),
    [
        ("failover", 3, 3, True),
        ("failover", 2, 3, True),
        ("failover", 4, 3, False),
        ("failover", None, 3, None),
        ("failover", 0, None, None),
        ("switchover", 0, 0, True),
        ("switchover", 1, 1, False),
    ],
)
def test_no_more_is_lost_than_was_reported_and_nothing_at_a_switchover(
    *, mode: str, lost: int | None, reported: int | None, wanted: bool | None
) -> None:
    entries = (FENCED, begun("promote"), measured("portal", lost=reported))
    found = replace(GOOD, plan=replace(FAILOVER, mode=mode), entries=entries, lost={"portal": lost})
    assert held(found, LOSS) is wanted


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        ((FENCED, begun("promote")), True),
        ((begun("promote"),), False),
        ((not_done("fence"), begun("promote")), False),
        ((seen("fence", Answer.MET, "cloud"), begun("promote")), False),
        ((FENCED, not_done("fence"), begun("promote")), False),
        ((FENCED, Undoing(at=NOW, by="maria", task="fence", reason="false alarm"), begun("promote")), False),
        ((Overridden(at=NOW, by="maria", task="fence", reason="firemen"), begun("promote")), True),
    ],
)
def test_a_step_that_began_before_its_needs_were_proven_is_found(*, entries: Sequence[Entry], wanted: bool) -> None:
    assert held(replace(GOOD, entries=entries), NEEDS) is wanted


def test_a_journal_that_cannot_be_read_is_a_broken_promise() -> None:
    assert held(replace(GOOD, journal_trouble="line 3 is not what the drill wrote"), JOURNAL) is False


class Moving:
    """A leader that moves between two looks: first here, then there."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)

    def writable(self, _service: str, _role: SiteRole) -> bool | None:
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "splits", "looks"),
    [
        ((True, True, True), 1, 3),
        ((True, True, False), 0, 3),
        ((True, False), 0, 2),
        ((None, True), 0, 1),
    ],
)
def test_a_leader_that_moved_between_two_looks_is_not_taken_for_two(
    answers: tuple[bool | None, ...], splits: int, looks: int
) -> None:
    watch = Watch(arena=Moving(*answers), services=(), pause_s=1)  # type: ignore[arg-type]  # who watches asks no more
    watch.look("portal")
    assert (len(watch.splits), watch.looks) == (splits, looks)
