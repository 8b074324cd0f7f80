"""A lab with load balancers and nothing else."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lab import cells
from lab.balancing.packages import NEEDS
from lab.balancing.places import prefix
from lab.openstack.environment import alone
from lab.params import LabParams
from tests.lab.balancing.world import World
from tests.lab.packages import have


@pytest.fixture
def world(tmp_path: Path, lab_params: LabParams) -> Iterator[World]:
    have(NEEDS)
    params = LabParams(
        name="lb", root=tmp_path / "lab", hosts=True, base_port=27_200, base_address=IPv4Address("127.93.0.0")
    )
    with alone(lab_params.root.with_name(".balancing-agent.tests")):
        world = World(params)
        yield world
        world.close()
        assert cells.beginning(prefix(params)) == []
