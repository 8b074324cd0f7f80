import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidCity
from city.model.city import City
from monitoring.coverage.share import coverage, footprints
from monitoring.figures.figure import Figure
from monitoring.figures.promised import DAY, Promised
from monitoring.ledger.intervals import DEVICE_STATES, Observation, State
from monitoring.ledger.store import Ledger
from monitoring.promises.wireless_coverage import access_point_states
from monitoring.radios import subject
from monitoring.sending import Sending
from tests.monitoring.measured import EXAMPLE, RULE

PROMISED = Promised(EXAMPLE)
PRINTS = footprints(EXAMPLE, RULE)
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
APS = tuple(ap.id for ap in EXAMPLE.access_points)
BAND = RULE.band


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", EXAMPLE.id) as opened:
        yield opened


def seen(ledger: Ledger, states: dict[str, State], at: datetime = NOW - HOUR, reach: timedelta = 2 * HOUR) -> None:
    ledger.observe([Observation(subject=name, at=at, state=state, reach=reach) for name, state in states.items()])


def devices(*down: str, unknown: tuple[str, ...] = ()) -> dict[str, State]:
    return {
        f"device:{device.id}": State.DOWN if device.id in down else State.UP
        for device in EXAMPLE.devices
        if device.id not in unknown
    }


def radios(*down: str, unknown: tuple[str, ...] = ()) -> dict[str, State]:
    """Each radio of these access points as its device is."""
    states = devices(*down, unknown=unknown)
    found = {
        subject(ap.id, radio.band): states.get(f"device:{ap.id}") for ap in EXAMPLE.access_points for radio in ap.radios
    }
    return {name: state for name, state in found.items() if state is not None}


def services(state: State) -> dict[str, State]:
    return {f"service:{service.id}": state for service in EXAMPLE.services}


def figure(ledger: Ledger, promise: str, at: datetime = NOW, period: timedelta = DAY, city: City = EXAMPLE) -> Figure:
    promised = PROMISED if city is EXAMPLE else Promised(city)
    return next(found for found in promised.figures(ledger, at, period) if found.id == promise)


@pytest.mark.slow
def test_there_is_one_figure_for_each_promise_in_the_order_of_the_data(ledger: Ledger) -> None:
    assert [found.id for found in PROMISED.figures(ledger, NOW)] == [promise.id for promise in EXAMPLE.promises]
    turned = dataclasses.replace(EXAMPLE, promises=EXAMPLE.promises[::-1])
    assert [found.id for found in Promised(turned).figures(ledger, NOW)] == [p.id for p in turned.promises]


def test_a_promise_that_nobody_can_measure_is_refused_with_the_known_ones() -> None:
    first, *others = EXAMPLE.promises
    city = dataclasses.replace(EXAMPLE, promises=(dataclasses.replace(first, id="happiness"), *others))
    with pytest.raises(InvalidCity) as refused:
        Promised(city)
    (defect,) = refused.value.defects
    assert "happiness" in defect.problem
    assert all(known in defect.remedy for known in ("availability", "broadband", "running-cost", "wireless-coverage"))


def test_a_moment_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="time zone"):
        PROMISED.figures(ledger, datetime(2026, 6, 10, 12))  # noqa: DTZ001 - the mistake under test


def test_an_empty_ledger_knows_nothing(ledger: Ledger) -> None:
    covered = figure(ledger, "wireless-coverage")
    assert (covered.value, covered.lower, covered.upper) == (None, 0.0, covered.input("designed").value)
    available = figure(ledger, "availability")
    assert (available.value, available.lower, available.upper, available.met) == (None, 0.0, 1.0, None)


def test_two_access_points_off_cost_what_the_arithmetic_says(ledger: Ledger) -> None:
    seen(ledger, radios(*APS[:2]))
    found = figure(ledger, "wireless-coverage")
    expected = coverage(PRINTS, APS[2:], ())
    assert found.value == found.lower == found.upper == expected.lower
    assert found.input("designed").value == expected.designed
    assert (found.input("access_points_up").value, found.input("access_points_down").value) == (len(APS) - 2, 2)


def test_an_access_point_for_staff_alone_is_no_part_of_the_figure(ledger: Ledger) -> None:
    seen(ledger, {subject(APS[0], BAND): State.UP})
    first, *others = EXAMPLE.access_points
    city = dataclasses.replace(EXAMPLE, access_points=(dataclasses.replace(first, ssids=("staff",)), *others))
    found = figure(ledger, "wireless-coverage", city=city)
    assert (found.value, found.lower) == (None, 0.0), "none that serves everybody has been seen"
    assert found.upper == found.input("designed").value
    assert (found.input("access_points_up").value, found.input("access_points_unknown").value) == (0, len(others))


def test_a_radio_that_is_shut_covers_nobody_though_its_device_is_up(ledger: Ledger) -> None:
    shut, not_read = subject(APS[0], BAND), subject(APS[1], BAND)
    seen(ledger, {**devices(), **radios(), shut: State.DOWN, not_read: State.UNKNOWN})
    found = figure(ledger, "wireless-coverage")
    assert found.value == found.lower == coverage(PRINTS, APS[2:], ()).lower
    assert found.upper == coverage(PRINTS, APS[1:], ()).lower
    counts = [found.input(f"access_points_{state}").value for state in DEVICE_STATES]
    assert counts == [len(APS) - 2, 1, 1]


def test_the_radio_of_another_band_does_not_count(ledger: Ledger) -> None:
    others = [radio.band for radio in EXAMPLE.access_points[0].radios if radio.band != BAND]
    assert others
    seen(ledger, {**devices(), **{subject(ap, band): State.UP for ap in APS for band in others}})
    found = figure(ledger, "wireless-coverage")
    assert (found.value, found.lower, found.upper) == (None, 0.0, found.input("designed").value)


def sends(ledger: Ledger, ap: str, seen_sending: Sending, at: datetime = NOW - HOUR / 2) -> None:
    cause = str(seen_sending)
    ledger.observe([Observation(subject=subject(ap, BAND), at=at, state=State.UP, reach=2 * HOUR, cause=cause)])


def test_a_radio_counts_with_the_power_that_was_seen_and_the_difference_is_told(ledger: Ledger) -> None:
    seen(ledger, radios())
    before = figure(ledger, "wireless-coverage")
    assert before.lower is not None
    sends(ledger, APS[0], Sending(channel=1, eirp_dbm=-10))
    found = figure(ledger, "wireless-coverage")
    assert found.value == found.lower == found.upper == coverage(PRINTS, APS[1:], ()).lower < before.lower, (
        "none hears -10"
    )
    assert found.input("lower_as_declared").value == before.lower == before.input("lower_as_declared").value
    assert found.input("designed").value == before.input("designed").value
    counts = [one.input("access_points_sending_otherwise").value for one in (before, found)]
    assert counts == [0, 1]
    assert figure(ledger, "wireless-coverage", at=NOW - HOUR).lower == before.lower, "before it was seen so"


def test_a_channel_alone_that_differs_counts_with_the_declared_power(ledger: Ledger) -> None:
    seen(ledger, {subject(APS[0], BAND): State.UP})
    sends(ledger, APS[0], Sending(channel=13, eirp_dbm=None))
    first, *others = EXAMPLE.access_points
    there = tuple(dataclasses.replace(r, channel=13) if r.band == BAND else r for r in first.radios)
    city = dataclasses.replace(EXAMPLE, access_points=(dataclasses.replace(first, radios=there), *others))
    assert figure(ledger, "wireless-coverage").lower == coverage(footprints(city, RULE), APS[:1], ()).lower


def test_an_access_point_without_a_radio_of_the_rules_band_is_as_its_device_is(ledger: Ledger) -> None:
    other = dataclasses.replace(EXAMPLE.access_points[0], radios=())
    city = dataclasses.replace(EXAMPLE, access_points=(other, *EXAMPLE.access_points[1:]))
    seen(ledger, {**devices(), subject(APS[1], BAND): State.DOWN})
    found = access_point_states(city, ledger, NOW)
    assert (found[APS[0]], found[APS[1]], found.get(APS[2])) == (State.UP, State.DOWN, None)


def test_an_access_point_that_was_not_seen_is_a_bound(ledger: Ledger) -> None:
    seen(ledger, radios(unknown=APS[:3]))
    found = figure(ledger, "wireless-coverage")
    assert found.value == found.lower == coverage(PRINTS, APS[3:], ()).lower
    assert found.upper == found.input("designed").value


def test_what_was_seen_too_long_ago_is_unknown_again(ledger: Ledger) -> None:
    seen(ledger, radios(), at=NOW - 5 * HOUR)
    assert figure(ledger, "wireless-coverage").value is None
    assert figure(ledger, "wireless-coverage", at=NOW - 4 * HOUR).met is not None


def test_availability_counts_agreed_time_of_services_and_tells_of_devices(ledger: Ledger) -> None:
    seen(ledger, services(State.UP), at=NOW - 4 * HOUR, reach=3 * HOUR)
    seen(ledger, services(State.DOWN), at=NOW - HOUR, reach=HOUR)
    seen(ledger, devices(), at=NOW - 4 * HOUR, reach=4 * HOUR)
    always = tuple(
        s for s in EXAMPLE.services if s.hours.days == (0, 1, 2, 3, 4, 5, 6) and s.hours.start == s.hours.end
    )
    city = dataclasses.replace(EXAMPLE, services=always)
    found = figure(ledger, "availability", period=8 * HOUR, city=city)
    assert (found.value, found.lower, found.upper) == pytest.approx((3 / 4, 3 / 8, 7 / 8))
    assert found.input("services_agreed_hours").value == pytest.approx(8 * len(always))
    assert found.input("devices_lower").value == pytest.approx(0.5)
    assert found.period.start == NOW - 8 * HOUR
    assert found.met is False


def test_how_many_services_and_devices_the_availability_rests_on_is_told(ledger: Ledger) -> None:
    first, *others = services(State.UP)
    seen(ledger, {first: State.UP, **dict.fromkeys(others, State.UNKNOWN), **devices(unknown=APS[:3])})
    found = figure(ledger, "availability")
    assert found.value == 1.0
    counted = {name: found.input(name) for name in ("services_observed", "services_never_observed")}
    assert [one.value for one in counted.values()] == [1, len(EXAMPLE.services) - 1]
    assert {one.unit for one in counted.values()} == {"services"}
    assert found.input("devices_observed").value == len(EXAMPLE.devices) - 3
    assert found.input("devices_never_observed").value == 3


def test_a_state_from_a_subject_that_the_city_no_longer_has_changes_nothing(ledger: Ledger) -> None:
    seen(ledger, {**devices(), **radios()})
    before = PROMISED.figures(ledger, NOW)
    seen(ledger, {"device:gone": State.DOWN, f"radio:gone/{BAND}": State.DOWN, "service:gone": State.DOWN})
    assert PROMISED.figures(ledger, NOW) == before


def test_inputs_that_are_upper_bounds_are_published_as_such(ledger: Ledger) -> None:
    found = figure(ledger, "availability").inputs
    assert [one.name for one in found if one.is_upper] == ["services_upper", "devices_upper"]


def test_every_input_says_where_it_comes_from_in_both_languages(ledger: Ledger) -> None:
    for found in PROMISED.figures(ledger, NOW):
        assert found.formula.el and found.formula.en and found.promised_in
        assert len({one.name for one in found.inputs}) == len(found.inputs) > 0
        for one in found.inputs:
            assert one.source and one.label.el and one.label.en, one.name


ATHENS = ZoneInfo("Europe/Athens")


@pytest.mark.parametrize("day", ["2030-10-27", "2030-03-31"])
def test_a_day_on_which_clocks_change_is_24_hours_whatever_zone_the_moment_is_in(ledger: Ledger, day: str) -> None:
    at = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ATHENS)
    utc = at.astimezone(UTC)
    seen(ledger, {**services(State.UP), **devices()}, at=utc - 30 * HOUR, reach=36 * HOUR)
    found = figure(ledger, "availability", at)
    assert PROMISED.figures(ledger, at) == PROMISED.figures(ledger, utc)
    assert (found.period.start, found.period.end) == (utc - 24 * HOUR, utc)
    assert (found.value, found.lower, found.upper) == (1.0, 1.0, 1.0)
    assert found.input("devices_agreed_hours").value == 24 * len(EXAMPLE.devices)
    assert found.input("devices_unknown_hours").value == 0


@pytest.mark.slow
@given(
    at=st.builds(
        lambda day, minutes: datetime.fromisoformat(day).replace(tzinfo=ATHENS) + timedelta(minutes=minutes),
        st.sampled_from(["2030-03-31", "2030-06-15", "2030-10-27"]),
        st.integers(0, 1439),
    ),
    before=st.sampled_from(State),
    looks=st.lists(st.tuples(st.integers(1, 1440), st.sampled_from([30, 3000]), st.sampled_from(State)), max_size=4),
)
def test_the_availability_lies_within_its_bounds_at_any_moment(
    at: datetime, before: State, looks: list[tuple[int, int, State]]
) -> None:
    """Looks so many minutes before `at`, each speaking for so many minutes; the first of them before the period."""
    with Ledger("sqlite://", EXAMPLE.id) as kept:
        for ago, reach, state in ((1800, 3000, before), *sorted(looks, reverse=True, key=lambda look: look[0])):
            when = at.astimezone(UTC) - timedelta(minutes=ago)
            seen(kept, {**services(state), **dict.fromkeys(devices(), state)}, when, timedelta(minutes=reach))
        found = figure(kept, "availability", at)
    for value, lower, upper in (
        (found.value, found.lower, found.upper),
        (found.input("devices_value").value, found.input("devices_lower").value, found.input("devices_upper").value),
    ):
        assert isinstance(lower, float) and isinstance(upper, float)
        assert 0 <= lower <= upper <= 1
        assert value is None or (isinstance(value, float) and lower <= value <= upper)
