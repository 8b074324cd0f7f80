from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from asty.moments import moment
from city.clock import FixedClock
from city.errors import InvalidInput

ATHENS = ZoneInfo("Europe/Athens")
CLOCK = FixedClock(datetime(2030, 7, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, CLOCK.at, id="nothing said: now"),
        pytest.param("2030-07-01T14:30", datetime(2030, 7, 1, 11, 30, tzinfo=UTC), id="the city's summer time"),
        pytest.param("2030-01-01T14:30", datetime(2030, 1, 1, 12, 30, tzinfo=UTC), id="the city's winter time"),
        pytest.param("2030-06-30", datetime(2030, 6, 29, 21, tzinfo=UTC), id="a day begins at midnight there"),
        pytest.param("2030-07-01T11:30:00Z", datetime(2030, 7, 1, 11, 30, tzinfo=UTC), id="UTC"),
        pytest.param("2031-01-01T00:00Z", datetime(2031, 1, 1, tzinfo=UTC), id="a moment that has not come"),
        pytest.param("2030-07-01T11:30+01:00", datetime(2030, 7, 1, 10, 30, tzinfo=UTC), id="an offset"),
    ],
)
def test_moment(text: str | None, expected: datetime) -> None:
    found = moment(text, ATHENS, CLOCK)
    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("yesterday", "not a time", id="a word"),
        pytest.param("2030-02-30", "not a time", id="a day that is none"),
        pytest.param("", "not a time", id="nothing"),
        pytest.param("0001-01-01", "Write a year from 1970", id="the first of all days"),
        pytest.param("9999-12-31T23:59:59", "Write a year from 1970", id="the last of all moments"),
        pytest.param("2030-03-31T03:30", "put forward", id="an hour that no clock showed"),
        pytest.param(
            "2030-10-27T03:30",
            r"Write 2030-10-27T03:30:00\+0300 or 2030-10-27T03:30:00\+0200",
            id="an hour that came twice",
        ),
    ],
)
def test_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        moment(text, ATHENS, CLOCK)
