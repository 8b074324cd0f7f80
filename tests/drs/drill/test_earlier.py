"""What is usual for a step, from earlier drills."""

from datetime import timedelta

import pytest

from drs.check import Answer
from drs.drill.earlier import expected, usual
from drs.drill.entry import Begun, Entry, Seen
from drs.drill.plan import Plan
from tests.drs.drill.plans import task
from tests.drs.drill.test_run import NOW

PLAN = Plan(mode="failover", tasks=(task("one"), task("two")))


def run(name: str, seconds: float, answer: Answer = Answer.MET, attempt: int = 1) -> list[Entry]:
    seen = Seen(at=NOW + timedelta(seconds=seconds), by="m", task=name, answer=answer, reason="", witnesses=())
    return [Begun(at=NOW, by="m", task=name, attempt=attempt), seen]


@pytest.mark.parametrize(
    ("lengths", "longest"),
    [
        ([1, 2, 3], None),
        ([4, 1, 3, 2], 3),
        ([1, 2, 3, 4, 100], 4),
        ([5, 5, 5, 5, 5, 5, 5, 90], 5),
    ],
)
def test_three_quarters_of_the_runs_did_not_take_longer(lengths: list[float], longest: float | None) -> None:
    found = usual((PLAN, run("one", length)) for length in lengths)
    assert found == ({} if longest is None else {"one": timedelta(seconds=longest)})


def test_only_what_was_begun_and_seen_done_has_a_length() -> None:
    ended: list[Entry] = [
        *run("one", 9, Answer.UNMET),
        *run("one", 2, attempt=2),
        Seen(at=NOW + timedelta(hours=1), by="m", task="one", answer=Answer.MET, reason="", witnesses=()),
        Seen(at=NOW, by="m", task="two", answer=Answer.MET, reason="", witnesses=()),
    ]
    assert usual([(PLAN, ended)] * 4) == {"one": timedelta(seconds=2)}


@pytest.mark.parametrize(("lengths", "half"), [([7], 7), ([1, 9], 1), ([9, 1, 4], 4), ([1, 2, 3, 100], 2)])
def test_half_of_the_runs_did_not_take_longer_than_what_is_expected(lengths: list[float], half: float) -> None:
    found = expected((PLAN, run("one", length)) for length in lengths)
    assert found == {"one": timedelta(seconds=half)}
