from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from city.clock import FixedClock
from city.load import load
from city.model.city import City
from monitoring import radios
from monitoring.dashboard.app import create_app
from monitoring.figures.promised import Promised
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.promises.wireless_coverage import access_point_states
from monitoring.series.files import table
from monitoring.snapshot import ObservedIn, Snapshot, device_states, standings
from tests.monitoring.judged import FOUND

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
READINGS = table(
    NOW, {"ap-0006": {"ifHCInOctets[ifIndex=1]": 123456.0, "ifHCInOctets[ifIndex=2]": 7.0, "sysUpTime": 4200.0}}
)


@pytest.fixture(scope="session")
def city() -> City:
    return load(Path(__file__).parents[3] / "cities" / "example")


@pytest.fixture(scope="session")
def ledger(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Ten hours of the example: two access points, a switch and a service down, three access points
    never seen, the rest up."""
    with Ledger(f"sqlite:///{tmp_path_factory.mktemp('dashboard') / 'ledger.sqlite'}", city.id) as opened:
        aps = [ap.id for ap in city.access_points]
        states = {f"device:{device.id}": State.UP for device in city.devices if device.id not in aps[2:5]}
        states |= {f"device:{name}": State.DOWN for name in aps[:2]}
        states |= {
            radios.subject(ap.id, radio.band): states[f"device:{ap.id}"]
            for ap in city.access_points
            for radio in ap.radios
            if f"device:{ap.id}" in states
        }
        states |= {f"service:{service.id}": State.UP for service in city.services}
        states |= {"service:job-platform": State.DOWN, "device:sw-east-01": State.DOWN}
        opened.observe(
            Observation(subject=name, at=NOW - 10 * HOUR, state=state, reach=11 * HOUR)
            for name, state in states.items()
        )
        yield opened


@pytest.fixture(scope="session")
def snapshot(city: City, ledger: Ledger) -> Snapshot:
    return Snapshot(
        at=NOW,
        figures=Promised(city).figures(ledger, NOW),
        states=device_states(ledger, NOW),
        access_points=access_point_states(city, ledger, NOW),
        standings=standings(city, ledger, NOW),
        observed_in=ObservedIn.LAB,
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def app(city: City, snapshot: Snapshot) -> Starlette:
    """Its clock stands still, so that whatever it shows is made once for all tests."""
    return create_app(
        city, lambda _at: snapshot, FixedClock(NOW), readings=lambda _at: READINGS, recovery=lambda: FOUND
    )


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard.test") as opened:
        yield opened
