from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from city.clock import FixedClock
from network.journal import Journal


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2030, 3, 31, 2, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path, clock: FixedClock) -> Iterator[Journal]:
    journal = Journal(tmp_path / "state" / "journal.sqlite", clock)
    yield journal
    journal.close()
