from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.inventory import Endpoint, Inventory, SnmpV2c
from city.model.city import City
from city.secrets import SecretRef
from network.journal import Journal


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
