"""Two hundred drills on paper, each with a fault that its seed draws."""

from pathlib import Path

import pytest

from tests.drs.chaos.paper_city import EVERY, experiment, impatient

SEEDS = 200


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_has_to_hold_holds_whatever_befalls_a_drill(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    arena, found, said = experiment(tmp_path, seed, EVERY[seed % len(EVERY)])
    assert not arena.ground.databases.splits
    assert [(one.invariant, one.held, one.seen) for one in found.held if not one.held] == []
    assert found.over and found.struck, (said, arena.journal().run.left)
