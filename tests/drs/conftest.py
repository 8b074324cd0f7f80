"""What tests of readiness share beside the twins."""

from collections.abc import Iterator

import pytest

from city.load import load
from tests.drs import twins as example
from tests.drs.twins import EXAMPLE


@pytest.fixture
def with_databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The twins of the example city with its databases and their backups."""
    city = load(EXAMPLE)
    monkeypatch.setattr(example, "city", lambda: city)
    example.declared.cache_clear()
    yield
    example.declared.cache_clear()
