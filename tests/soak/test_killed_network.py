"""A round of the network's agent is killed at moments of fifty seeds, while devices come and go: the next mends it."""

import pytest

from tests.lab.net.conftest import _machine, bare
from tests.lab.net.test_net_agent import cut_off
from tests.lab.net.world import World

__all__ = ["_machine", "bare"]
SEEDS = tuple(range(50))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_a_moment_of_the_seeds(seed: int, bare: World) -> None:
    cut_off(bare, seed)
