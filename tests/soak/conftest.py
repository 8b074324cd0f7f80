"""A lab of its own for what runs long: it stands beside an operator's and beside that of `make test`."""

import os
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.model.city import City
from lab.lab import Lab
from lab.openstack import regions as openstack
from lab.openstack.spec import specs
from lab.params import LabParams


@pytest.fixture(scope="session")
def lab_params() -> LabParams:
    """Those of the workspace `soak`; ASTY_BASE_PORT and ASTY_BASE_ADDRESS move it."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return LabParams(
        name="soak",
        root=state / "asty" / "soak" / "lab",
        base_port=int(os.environ.get("ASTY_BASE_PORT", "28000")),
        base_address=IPv4Address(os.environ.get("ASTY_BASE_ADDRESS", "127.112.0.0")),
    )


@pytest.fixture(scope="session")
def datacentre(_wiped_lab: Lab, lab_params: LabParams, example_city: City) -> LabParams:
    """The data centre's region alone, ready and empty."""
    lab_params.claim()
    openstack.start(lab_params, specs(lab_params, example_city)[:1], print)
    return lab_params
