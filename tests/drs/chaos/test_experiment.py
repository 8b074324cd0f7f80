"""Drills on paper, each with a fault that its seed draws: what has to hold, holds, and every drill is finished.

The drill is real: its plan and steps, its conductor, its journal on the disk. Paper are clouds, names and databases.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import ExitCode
from drs import steps
from drs.chaos import told
from drs.chaos.experiment import OPERATORS
from drs.check import Answer
from drs.drill.entry import TakenOver
from drs.mode import Mode
from drs.scene import Scene
from drs.step import Proof
from tests.drs.chaos.paper_city import EVERY, experiment, impatient

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


@pytest.mark.parametrize("seed", range(20))
def test_what_has_to_hold_holds_whatever_befalls_a_drill(tmp_path: Path, seed: int) -> None:
    arena, found, said = experiment(tmp_path, seed, EVERY[seed % len(EVERY)])
    assert not arena.ground.databases.splits
    assert [(one.invariant, one.held, one.seen) for one in found.held if not one.held] == []
    assert found.over, (said, arena.journal().run.left)
    assert found.struck and found.cleared
    assert told.exit_code(found) is ExitCode.DONE


def test_a_killed_conductor_is_followed_by_another_who_goes_on(tmp_path: Path) -> None:
    arena, found, _ = experiment(tmp_path, 5, Mode.SWITCHOVER, at="promote:portal", fault="operator-killed")
    assert found.over and found.conducted == OPERATORS[:2]
    assert [entry.by for entry in arena.journal().entries if isinstance(entry, TakenOver)] == [OPERATORS[1]]


def test_a_cut_link_with_the_old_primary_still_serving_loses_no_more_than_is_reported(tmp_path: Path) -> None:
    arena, found, _ = experiment(tmp_path, 2, Mode.FAILOVER, at="site_ready", fault="link-cut")
    assert found.over and all(one.held for one in found.held)
    lost = {service: one.lost for service, one in arena.journal().run.measured.items()}
    assert any(lost.values()), "what was written beside the cut link is lost, and said to be"


@pytest.mark.parametrize("mode", EVERY)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_promoted_database_that_crashes_before_anybody_follows_it_leads_again(
    tmp_path: Path, mode: Mode, seed: int
) -> None:
    """It asks the other before it leads anew, and the other stands still since it was drained."""
    _, found, _ = experiment(tmp_path, seed, mode, at="promote", fault="promoted-crashes")
    assert found.over and all(one.held for one in found.held)


def test_a_fence_that_is_believed_before_it_stands_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The experiment would see two that lead, if a step lied: so it sees that they do not."""

    def believed(_scene: Scene) -> Proof:
        return Proof(answer=Answer.MET, reason="surely", witnesses=("the cloud", "vantage points"))

    lying = [replace(one, verify=believed) if one.name == "fence" else one for one in steps.every()]
    lying = [replace(one, check=lambda _: "") if one.name == "promote" else one for one in lying]
    monkeypatch.setattr(steps, "every", lambda: tuple(lying))
    arena, found, _ = experiment(tmp_path, 1, Mode.FAILOVER, at="site_ready", fault="dns-refuses")
    assert arena.ground.databases.splits
    assert found.held[0].held is False
    assert told.exit_code(found) is ExitCode.FAILED
    assert "BROKEN   never two sites that take writes" in "\n".join(told.lines("d1", "failover", 1, found))
    assert told.as_json("d1", "failover", 1, found)["invariants"][0]["held"] is False


def test_a_fault_whose_moment_never_came_proves_nothing(tmp_path: Path) -> None:
    _, found, _ = experiment(tmp_path, 1, Mode.SWITCHOVER)
    never = replace(found, struck=None)
    assert told.exit_code(never) is ExitCode.UNKNOWN
    assert told.as_json("d1", "switchover", 1, never)["fault"]["begun"] is None
    assert "never: the drill did not come so far" in next(told.lines("d1", "switchover", 1, never))
