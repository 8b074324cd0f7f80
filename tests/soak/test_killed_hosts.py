"""Whoever answers for the guests is killed at fifty moments of their lives: they go on, and nothing is left unowned."""

import pytest

from lab.openstack.drivers.hosts import Hosts
from tests.lab.hosts.conftest import Machine, base, home, machine, params
from tests.lab.hosts.test_hosts_daemon import cut_off, hosts

__all__ = ["base", "home", "hosts", "machine", "params"]
SEEDS = tuple(range(50))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_a_moment_of_the_seeds(seed: int, hosts: Hosts, machine: Machine) -> None:
    cut_off(seed, hosts, machine)
