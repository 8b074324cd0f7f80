"""What tests of several rooms share: the city, and one lab beside any that runs, started from nothing."""

import os
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.load import load
from city.model.city import City
from lab.lab import Lab
from lab.openstack import regions as openstack
from lab.openstack.environment import alone
from lab.openstack.plan import RegionPlan, plans
from lab.params import LabParams

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def thessaloniki() -> City:
    return load(REPOSITORY / "cities" / "thessaloniki")


@pytest.fixture(scope="session")
def lab_params() -> LabParams:
    """Those of the workspace `test`."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return LabParams(
        name="test",
        root=state / "asty" / "test" / "lab",
        base_port=25_000,
        base_address=IPv4Address("127.96.0.0"),
    )


@pytest.fixture(scope="session")
def _wiped_lab(lab_params: LabParams, thessaloniki: City) -> Iterator[Lab]:
    """The one lab of this test run, empty at first, without a process at the end; two runs wait for each other."""
    lab = Lab(lab_params, thessaloniki)
    with alone(lab_params.root.with_name(".lab.tests")):
        lab.wipe()
        yield lab
        lab.down()


@pytest.fixture(scope="session")
def regions(_wiped_lab: Lab, lab_params: LabParams, thessaloniki: City) -> tuple[RegionPlan, ...]:
    """Both OpenStack regions of the test lab, ready."""
    lab_params.claim()
    openstack.up(lab_params, thessaloniki, print)
    return plans(lab_params, thessaloniki)


@pytest.fixture(scope="session")
def lab(_wiped_lab: Lab) -> Lab:
    """The whole test lab, ready. Who breaks something of it mends it."""
    _wiped_lab.up(print)
    return _wiped_lab
