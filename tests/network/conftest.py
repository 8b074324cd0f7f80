import time
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
from network.platforms.registry import platform
from network.transports.base import Deadline, Session, Unreachable
from network.transports.netmiko import NetmikoTransport

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

    def mend(self, *device_ids: str) -> None:
        """End their faults, and wait until every device answers that is not meant to be off."""
        fleet.mend(self.params, device_ids)
        deadline = time.monotonic() + 60
        while (seen := fleet.status(self.params)).answering < seen.devices:
            assert time.monotonic() < deadline, "a mended device did not come up"
            time.sleep(0.05)

    def session(self, device_id: str) -> Session:
        """A session with a device that may still be booting."""
        kind, deadline = platform(self.city.device(device_id).platform), Deadline.after(60)
        while True:
            try:
                return NetmikoTransport().open(self.inventory[device_id], kind, deadline)
            except Unreachable:
                assert not deadline.over, f"{device_id} did not come up"
                time.sleep(0.05)


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
    """Every device in order at the beginning and at the end; how it is configured, each test sees to itself."""
    params = _standing_street
    inventory = fleet.inventory(params, example_city) | real.inventory(params, example_city)
    street = Street(example_city, inventory, params)
    yield street
    street.mend(*(device.id for device in example_city.devices if device.platform != "frr"))
