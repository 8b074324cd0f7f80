"""A task is taken back only while nothing stands on it."""

from datetime import UTC, datetime, timedelta

import pytest

from drs.check import Answer
from drs.drill.entry import Approved, Begun, Ended, Entry, Opened, Seen, Undoing
from drs.drill.known import Stage
from drs.drill.moves import Look, moves
from drs.drill.rules import Violation
from drs.drill.run import Run
from tests.drs.drill.plans import FAILOVER

NOW = datetime(2030, 3, 31, 12, tzinfo=UTC)
BY = {"at": NOW, "by": "maria"}


def entry(kind: type[Entry], task: str, **more: object) -> Entry:
    return kind(at=NOW, by="maria", task=task, **more)  # type: ignore[arg-type,call-arg] # as the kind has them


def proven(task: str) -> list[Entry]:
    return [
        entry(Begun, task, attempt=1),
        entry(Ended, task, attempt=1, told="done", failed=False),
        entry(Seen, task, answer=Answer.MET, reason="looked", witnesses=("cloud", "client")),
    ]


def agreed(task: str) -> list[Entry]:
    until = NOW + timedelta(hours=1)
    return [Approved(at=NOW, by=by, task=task, until=until) for by in ("nikos", "eleni")]


def looked(task: str) -> Entry:
    return entry(Seen, task, answer=Answer.UNMET, reason="looked")


def run(*entries: Entry) -> Run:
    opened = Opened(at=NOW, by="maria", drill="d1", mode="failover", plan=FAILOVER.digest, machine="laptop")
    found = Run(plan=FAILOVER).after(opened)
    for one in entries:
        found = found.after(one)
    return found


def undoing(task: str, by: str = "maria", reason: str = "a false alarm") -> Undoing:
    return Undoing(at=NOW, by=by, task=task, reason=reason)


READY = [looked("ready"), *proven("ready")]
FENCED = [*READY, looked("fence"), *proven("fence")]


def test_what_was_taken_back_is_looked_at_and_agreed_to_anew() -> None:
    after = run(*FENCED, *agreed("fence"), undoing("fence"))
    known = after.known("fence")
    assert (known.stage, known.attempts, known.approvals) == (Stage.UNDER_WAY, 1, {})
    assert "fence" not in after.proven and not after.known("fence").approved(NOW)
    assert any(isinstance(move, Look) and move.task.id == "fence" for move in moves(after, NOW))
    again = after.after(looked("fence")).after(entry(Begun, "fence", attempt=2))
    assert again.known("fence").attempts == 2


@pytest.mark.parametrize(
    ("before", "undone", "problem"),
    [
        pytest.param(FENCED, undoing("ready"), "fence, which needs it, is proven", id="others stand on it"),
        pytest.param(
            [*FENCED, *agreed("promote"), looked("promote"), entry(Begun, "promote", attempt=1)],
            undoing("fence"),
            "promote, which needs it, is under way",
            id="a promotion is under way",
        ),
        pytest.param(
            [
                *FENCED,
                *agreed("promote"),
                looked("promote"),
                *proven("promote")[:2],
                looked("promote"),
            ],
            undoing("fence"),
            "promote, which needs it, is not done",
            id="a promotion was tried, and may show late",
        ),
        pytest.param(
            [*READY, looked("fence"), *proven("fence")[:1]], undoing("fence"), "fence is under way", id="running"
        ),
        pytest.param(FENCED, undoing("fence", by="nikos"), "maria conducts the drill", id="another hand"),
        pytest.param(FENCED, undoing("fence", reason=" "), "gives a reason", id="no reason"),
    ],
)
def test_what_others_stand_on_is_not_taken_back(before: list[Entry], undone: Undoing, problem: str) -> None:
    with pytest.raises(Violation, match=problem):
        run(*before).after(undone)


def test_a_task_beside_it_is_no_hindrance() -> None:
    after = run(*FENCED, looked("portal"), *proven("portal"), undoing("fence"))
    assert "portal" in after.proven
