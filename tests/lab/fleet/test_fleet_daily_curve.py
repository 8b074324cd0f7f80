from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.fleet.daily_curve import DAY_H, HOUR_S, PROFILE, WEEK_H, Curve, busy_s, draw, offset_s, radio_curve, share

ATHENS = ZoneInfo("Europe/Athens")
MONDAY = datetime(2030, 6, 3, tzinfo=UTC).timestamp()
TIMES = st.floats(datetime(2026, 1, 1, tzinfo=UTC).timestamp(), datetime(2031, 1, 1, tzinfo=UTC).timestamp())
SPANS = st.floats(0, 400 * 86400)


def curve(seed: int = 1, device: str = "ap-0001") -> Curve:
    return radio_curve(seed, ATHENS, device, 0, wide=False)


@given(start=TIMES, first=SPANS, second=SPANS)
def test_counters_agree_however_often_they_are_read(start: float, first: float, second: float) -> None:
    middle, end = start + first, start + first + second
    parts = busy_s(ATHENS, start, middle) + busy_s(ATHENS, middle, end)
    assert parts == pytest.approx(busy_s(ATHENS, start, end), rel=1e-9, abs=1e-3)


@given(start=TIMES, later=st.lists(SPANS, min_size=2, max_size=5).map(sorted))
def test_counters_never_fall(start: float, later: list[float]) -> None:
    read = [busy_s(ATHENS, start, start + span) for span in later]
    assert all(before <= after for before, after in pairwise(read))


@given(start=TIMES, span=st.floats(60, 86400))
def test_counters_grow_no_faster_than_the_busiest_hour(start: float, span: float) -> None:
    assert min(PROFILE) * span * 0.999 <= busy_s(ATHENS, start, start + span) <= span * 1.001


def test_the_integral_is_that_of_the_load() -> None:
    """Against a sum of small steps over a whole day: an independent way to the same figure."""
    shift, step = offset_s(ATHENS, int(MONDAY // 86400)), 60
    steps = sum(share(MONDAY + shift + second + step / 2) * step for second in range(0, 86400, step))
    assert busy_s(ATHENS, MONDAY, MONDAY + 86400) == pytest.approx(steps, rel=1e-6)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(datetime(2030, 3, 31, tzinfo=UTC), 23, id="the night that loses an hour"),
        pytest.param(datetime(2030, 10, 27, tzinfo=UTC), 25, id="the night that gains one"),
    ],
)
def test_a_change_of_the_clocks_neither_loses_nor_doubles_traffic(day: datetime, hours: int) -> None:
    local_midnight = [d.replace(tzinfo=ATHENS).timestamp() for d in (day, day + timedelta(days=1))]
    assert (local_midnight[1] - local_midnight[0]) / HOUR_S == hours
    per_hour = [busy_s(ATHENS, at, at + HOUR_S) for at in (local_midnight[0] + h * HOUR_S for h in range(hours))]
    assert sum(per_hour) == pytest.approx(busy_s(ATHENS, *local_midnight))
    assert all(HOUR_S * 0.01 < hour <= HOUR_S for hour in per_hour)


@pytest.mark.parametrize(
    ("quiet", "busy"),
    [
        pytest.param((2, 4), (2, 20), id="four in the morning, eight in the evening"),
        pytest.param((6, 12), (5, 12), id="Sunday noon, Saturday noon"),
    ],
)
def test_people_follow_local_time(quiet: tuple[int, int], busy: tuple[int, int]) -> None:
    def load(day_and_hour: tuple[int, int]) -> float:
        day, hour = day_and_hour
        start = datetime(2030, 6, 3, hour, tzinfo=ATHENS) + timedelta(days=day)
        return busy_s(ATHENS, start.timestamp(), start.timestamp() + HOUR_S)

    assert load(quiet) < load(busy)


@given(seed=st.integers(0, 1000), at=TIMES)
def test_one_seed_is_one_city(seed: int, at: float) -> None:
    assert curve(seed) == curve(seed)
    assert curve(seed).clients(at) == curve(seed).clients(at)
    assert 0 <= curve(seed).utilisation(at) <= 98


def test_seeds_and_devices_differ() -> None:
    assert len({curve(seed).peak for seed in range(50)}) == 50
    assert len({curve(device=f"ap-{n}").peak for n in range(50)}) == 50
    assert curve().clients(MONDAY + 4 * HOUR_S) != curve(seed=9).clients(MONDAY + 17 * HOUR_S)


def test_clients_stay_near_what_the_radio_serves_at_its_peak() -> None:
    seen = [curve().clients(MONDAY + quarter * 900) for quarter in range(WEEK_H * 4)]
    assert 0 <= min(seen) < max(seen) <= curve().peak * 1.25 + 1


def test_the_profile_is_a_week_of_shares() -> None:
    assert (len(PROFILE), max(PROFILE)) == (WEEK_H, 1.0)
    assert PROFILE[:DAY_H] == PROFILE[DAY_H : 2 * DAY_H]
    assert min(PROFILE) > 0, "a counter that stands still looks like a dead radio"


@given(st.integers(), st.text())
def test_draws_are_shares(seed: int, what: str) -> None:
    assert 0 <= draw(seed, what) < 1
