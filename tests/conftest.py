"""What tests of several rooms share: the city, and one lab beside any that runs, started from nothing."""

import os
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import settings

from city.inventory import Endpoint, Inventory, SnmpV2c
from city.load import load
from city.model.city import City
from city.secrets import SecretRef
from lab.fleet import process as fleet
from lab.fleet import reach
from lab.lab import Lab
from lab.openstack import regions as openstack
from lab.openstack.environment import alone
from lab.openstack.spec import RegionSpec, specs
from lab.params import LabParams
from lab.real import process as real
from tests.street import Street
from tests.together import Share

REPOSITORY = Path(__file__).parents[1]
SOAK = REPOSITORY / "tests" / "soak"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("searching", deadline=None, print_blob=True, max_examples=2000)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", type=Share, choices=list(Share), help="only what needs the lab, or only the rest")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What takes hours is run where somebody names it: `make soak`."""
    named = (Path(argument.partition("::")[0]).absolute() for argument in config.args)
    return True if collection_path == SOAK and not any(path.is_relative_to(SOAK) for path in named) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Journeys come last: they begin from a wiped lab, and what the rooms' own tests left is gone with it."""
    items.sort(key=lambda item: "/e2e/" in str(item.path))
    share: Share | None = config.getoption("share")
    if share is not None:
        others = [item for item in items if _share(item) is not share]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _share(item) is share]


def _share(item: pytest.Item) -> Share:
    """A test that asks for the lab only once it runs is marked, for nobody sees that before."""
    asks = "_wiped_lab" in getattr(item, "fixturenames", ()) or item.get_closest_marker("lab") is not None
    return Share.LAB if asks else Share.WITHOUT_LAB


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
def regions(_wiped_lab: Lab, lab_params: LabParams, thessaloniki: City) -> tuple[RegionSpec, ...]:
    """Both OpenStack regions of the test lab, ready."""
    lab_params.claim()
    openstack.up(lab_params, thessaloniki, print)
    return specs(lab_params, thessaloniki)


@pytest.fixture(scope="session")
def lab(_wiped_lab: Lab) -> Lab:
    """The whole test lab, ready. Who breaks something of it mends it."""
    _wiped_lab.up(print)
    return _wiped_lab


@pytest.fixture(scope="session")
def example_city() -> City:
    return load(REPOSITORY / "cities" / "example")


@pytest.fixture(scope="session")
def paper_inventory(example_city: City) -> Inventory:
    """Endpoints that nothing listens on: for transports that ask only who is meant."""
    nowhere = SecretRef("env", "NOWHERE")
    return {
        device.id: Endpoint(
            device=device.id,
            address=IPv4Address("127.0.0.1"),
            ssh_port=1,
            snmp_port=1,
            user="admin",
            password=nowhere,
            host_key="",
            snmp=SnmpV2c(community=nowhere),
        )
        for device in example_city.devices
    }


@pytest.fixture(scope="session")
def _standing_street(
    tmp_path_factory: pytest.TempPathFactory, lab_params: LabParams, example_city: City
) -> Iterator[LabParams]:
    """One street per machine at a time: two runs wait for each other."""
    params = LabParams(
        name="street",
        root=tmp_path_factory.mktemp("street") / "lab",
        base_port=26_000,
        base_address=IPv4Address("127.113.0.0"),
    )
    with alone(lab_params.root.with_name(".street.tests")):
        params.claim()
        try:
            fleet.up(params, example_city, print)
            real.up(params, example_city, print)
            yield params
        finally:
            real.down(params)
            fleet.down(params)


@pytest.fixture
def street(_standing_street: LabParams, example_city: City) -> Iterator[Street]:
    """The devices of the example city, each in order at the end; how it is configured, each test sees to itself."""
    inventory = reach.inventory(_standing_street, example_city) | real.inventory(_standing_street, example_city)
    street = Street(example_city, inventory, _standing_street)
    yield street
    street.mend(*(device.id for device in example_city.devices if device.platform != "frr"))
