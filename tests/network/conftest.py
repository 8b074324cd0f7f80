from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.inventory import Endpoint, Inventory, SnmpV2c
from city.load.city import load
from city.model.city import City, Device
from city.secrets import SecretRef
from lab.fleet import process as fleet
from lab.params import LabParams
from lab.real import process as real
from network.journal import Journal

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"


@pytest.fixture(scope="session")
def example_city() -> City:
    return load(EXAMPLE)


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


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2030, 3, 31, 2, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path, clock: FixedClock) -> Iterator[Journal]:
    journal = Journal(tmp_path / "state" / "journal.sqlite", clock)
    yield journal
    journal.close()


@dataclass(frozen=True)
class Street:
    """Devices that really listen: the fleet's emulated ones and a real FRR."""

    city: City
    inventory: Inventory
    params: LabParams

    def of_platform(self, name: str) -> Device:
        return next(device for device in self.city.devices if device.platform == name)

    def fault(self, device_id: str, **changes: object) -> None:
        fleet.fault(self.params, [device_id], changes)

    def mend(self, device_id: str) -> None:
        fleet.mend(self.params, [device_id])


@pytest.fixture(scope="session")
def _standing_street(tmp_path_factory: pytest.TempPathFactory, example_city: City) -> Iterator[LabParams]:
    params = LabParams(
        name="network",
        root=tmp_path_factory.mktemp("street") / "lab",
        base_port=26_000,
        base_address=IPv4Address("127.112.0.0"),
    )
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
    """Every device in order at the end, and as little configured as it was at the beginning of the test."""
    params = _standing_street
    inventory = fleet.inventory(params, example_city) | real.inventory(params, example_city)
    yield Street(example_city, inventory, params)
    fleet.mend(params, [device for device in inventory if example_city.device(device).platform != "frr"])
