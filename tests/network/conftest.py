from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.inventory import Inventory
from city.model.city import City
from network.journal import Journal
from network.plan import PushPlan, plan
from network.push import push
from tests.network.paper import IMPATIENT, LIMITS, ONE_OF_EACH, PaperTransport, Push, paper_devices


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2030, 3, 31, 2, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path, clock: FixedClock) -> Iterator[Journal]:
    journal = Journal(tmp_path / "state" / "journal.sqlite", clock)
    yield journal
    journal.close()


@pytest.fixture
def transport(example_city: City) -> PaperTransport:
    return PaperTransport(paper_devices(example_city))


@pytest.fixture
def planned(example_city: City, paper_inventory: Inventory, transport: PaperTransport) -> PushPlan:
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    return plan(example_city, devices, paper_inventory, transport=transport, limits=LIMITS)


@pytest.fixture
def pushing(paper_inventory: Inventory, transport: PaperTransport, journal: Journal) -> Push:
    return lambda planned: push(planned, paper_inventory, transport=transport, journal=journal, limits=LIMITS)


@pytest.fixture
def pushing_impatiently(paper_inventory: Inventory, transport: PaperTransport, journal: Journal) -> Push:
    return lambda planned: push(planned, paper_inventory, transport=transport, journal=journal, limits=IMPATIENT)
