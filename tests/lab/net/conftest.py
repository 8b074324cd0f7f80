"""One small city for all tests of the lab's network: two runs on one machine wait for each other."""

import subprocess
from collections.abc import Iterator

import pytest

from lab.net import kernel, names, process
from lab.net.remove import remove
from lab.openstack.environment import alone
from lab.params import LabParams
from lab.system import ensure
from tests.lab.net.world import PARAMS, World


def _clear() -> None:
    assert remove(PARAMS) == []
    for name in kernel.names(names.mark(PARAMS)):
        subprocess.run(["/usr/sbin/ip", "netns", "delete", name], check=True)


@pytest.fixture(scope="module")
def _machine(lab_params: LabParams) -> Iterator[None]:
    """This machine, on which nothing of the city's network is there before and after."""
    assert process.lacking() is None
    ensure(process.NEEDS, print)
    with alone(lab_params.root.with_name(".net.tests")):
        _clear()
        try:
            yield
        finally:
            _clear()
    assert not kernel.names(names.mark(PARAMS))


@pytest.fixture
def bare(_machine: None) -> Iterator[World]:
    """Nothing of the network is there yet."""
    _clear()
    yield World()
    _clear()


@pytest.fixture
def world(_machine: None) -> Iterator[World]:
    """Both sites with a portal of two servers, its database, and a neighbour; nothing is open but what a test opens.

    Namespaces stay from one test to the next, but those that a test changed by hand.
    """
    world = World()
    there = kernel.names(names.mark(PARAMS))
    for site in world.sites:
        number = site.index + 201
        for group in ("portal", "database", "neighbour"):
            site.group(group)
        for device, address, group in (
            ("portal-1", f"10.{number}.1.9", "portal"),
            ("portal-2", f"10.{number}.1.10", "portal"),
            ("neighbour", f"10.{number}.1.20", "neighbour"),
            ("database", f"10.{number}.2.9", "database"),
        ):
            site.port(device, address, [group])
            if world.space(site, device) not in there:
                world.stand(site, device)
    world.settle()
    yield world
    for space in world.spoilt:
        subprocess.run(["/usr/sbin/ip", "netns", "delete", space], check=True)
