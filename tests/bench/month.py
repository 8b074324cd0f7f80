"""The promises of 5,000 devices from a ledger that holds a month: `python -m tests.bench.month`.

Every device and radio was looked at twice a day, and at each look a twentieth had changed its state. What is measured
is what `asty kpi` and a page of the dashboard do: every figure and every state of one moment, by a process that is new
and by one that has told another moment before.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from random import Random

from asty.observed import taker
from city.model.city import City
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from tests.bench.crowd import crowd

_NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
_DEVICES, _LOOKS, _EVERY, _CHANGES = 5_000, 60, timedelta(hours=12), 0.05


def month() -> tuple[float, float]:
    """CPU seconds of the first moment, and of the next one."""
    city = crowd(_DEVICES)
    with tempfile.TemporaryDirectory() as folder, Ledger(f"sqlite:///{folder}/ledger.sqlite", city.id) as ledger:
        _observe(city, ledger)
        begun = time.process_time()
        take = taker(city, ledger)
        take(_NOW)
        first = time.process_time()
        assert len(take(_NOW + timedelta(minutes=1)).states) == _DEVICES
        return first - begun, time.process_time() - first


def _observe(city: City, ledger: Ledger) -> None:
    radios = (f"radio:{ap.id}/{radio.band}" for ap in city.access_points for radio in ap.radios)
    services = (f"service:{service.id}" for service in city.services)
    states = dict.fromkeys((*(f"device:{one.id}" for one in city.devices), *radios, *services), State.UP)
    random = Random(1)  # noqa: S311 - a repeatable choice
    for look in range(_LOOKS, -1, -1):
        for subject, state in states.items():
            if random.random() < _CHANGES:
                states[subject] = State.DOWN if state is State.UP else State.UP
        ledger.observe(
            Observation(subject=subject, at=_NOW - look * _EVERY, state=state, reach=1.25 * _EVERY)
            for subject, state in states.items()
        )


if __name__ == "__main__":
    first, again = month()
    print(f"{first:.2f} CPU s, then {again:.2f} CPU s")  # noqa: T201 - its output
