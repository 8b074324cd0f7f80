from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.load.kinds import (
    ADDRESS,
    CIDR,
    DATE,
    DNS_ZONE,
    DURATION,
    HOURS,
    MONEY,
    PUBLIC_KEY,
    SLUG,
    SSID_NAME,
    TEXT,
    TRUTH,
    Kind,
    Unreadable,
    choice,
    level,
    number,
    one_of,
    quantity,
    whole,
    whole_quantity,
)
from city.model.services import ServiceHours, Tier
from city.model.wired import Purpose


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(DURATION, "15m", timedelta(minutes=15), id="minutes"),
        pytest.param(DURATION, "4 h", timedelta(hours=4), id="hours with a space"),
        pytest.param(DURATION, "2d", timedelta(days=2), id="days"),
        pytest.param(quantity(-120, 0, "dBm"), "-67 dBm", -67.0, id="a level"),
        pytest.param(quantity(0, 10, "m"), "1.5m", 1.5, id="metres without a space"),
        pytest.param(whole_quantity(1, 999, "GB"), "10 GB", 10, id="a size"),
        pytest.param(number(-180, 180), "22.95443", 22.95443, id="degrees"),
        pytest.param(whole(1, 4094), "900", 900, id="a VLAN"),
        pytest.param(MONEY, "1234.56", Decimal("1234.56"), id="money to the cent"),
        pytest.param(DATE, "2030-12-31", date(2030, 12, 31), id="a date"),
        pytest.param(level(Tier), "2", Tier.IMPORTANT, id="a tier"),
        pytest.param(choice(Purpose), "iot", Purpose.IOT, id="a purpose"),
        pytest.param(TRUTH, "true", True, id="true"),
        pytest.param(DNS_ZONE, "example.test.", "example.test.", id="a zone"),
    ],
)
def test_what_a_text_means(kind: Kind[object], text: str, value: object) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        pytest.param("always", range(7), time(0), time(0), id="always"),
        pytest.param("Mon-Fri 07:00-15:30", range(5), time(7), time(15, 30), id="office hours"),
        pytest.param("Mon-Sun 22:00-06:00", range(7), time(22), time(6), id="hours that cross midnight"),
        pytest.param("Sat 09:00-14:00", range(5, 6), time(9), time(14), id="one day"),
        pytest.param("06:00-24:00", range(7), time(6), time(0), id="every day until midnight"),
    ],
)
def test_service_hours(text: str, days: range, start: time, end: time) -> None:
    assert HOURS.parse(text) == ServiceHours(days=tuple(days), start=start, end=end)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(quantity(-120, 0, "dBm"), "-67", "expected dBm", id="no unit"),
        pytest.param(quantity(-120, 0, "dBm"), "20 mW", "expected dBm", id="another unit"),
        pytest.param(number(0, 100, "m"), "6 m", "expected m", id="a unit in a column that has it"),
        pytest.param(number(0, 1), "80 %", "expected a plain number", id="percent for a share"),
        pytest.param(number(0, 1), "1.2", "out of range", id="more than all"),
        pytest.param(number(0, 1), "0,8", "wrong unit", id="a decimal comma"),
        pytest.param(number(0, 1), "nan", "not a number", id="not a number"),
        pytest.param(number(0, 1e9), "1e3", "with an exponent", id="an exponent"),
        pytest.param(whole(1, 10), "1.0", "not a whole number", id="a fraction"),
        pytest.param(whole(1, 10), "\u0661", "not a whole number", id="digits of another script"),
        pytest.param(whole_quantity(1, 10, "GB"), "1.5 GB", "not whole", id="half a gigabyte"),
        pytest.param(DURATION, "4 hours", "not a duration", id="hours in words"),
        pytest.param(HOURS, "Mon-Fri 7-15", "not service hours", id="hours without minutes"),
        pytest.param(HOURS, "Fry-Mon 07:00-15:00", "not service hours", id="no such day"),
        pytest.param(HOURS, "Fri-Mon 07:00-15:00", "the days end before", id="week turned round"),
        pytest.param(HOURS, "Mon 07:00-29:00", "no such time", id="no such hour"),
        pytest.param(HOURS, "Mon 25:00-26:00", "no such time", id="a start after midnight"),
        pytest.param(HOURS, "Mon 24:00-06:00", "no such time", id="a start at the end of the day"),
        pytest.param(HOURS, "Mon 07:00-07:00", "end when they begin", id="hours of nothing"),
        pytest.param(ADDRESS, "10.0.0", "not an IPv4 address", id="three numbers"),
        pytest.param(CIDR, "10.0.0.1/24", "not an IPv4 network", id="host bits"),
        pytest.param(DATE, "2030-02-30", "not a date", id="no such day of the month"),
        pytest.param(SLUG, "-a", "lower-case", id="a hyphen first"),
        pytest.param(SSID_NAME, "x" * 33, "not an SSID", id="a long SSID"),
        pytest.param(TEXT, "two\nlines", "Line Break", id="two lines"),
        pytest.param(PUBLIC_KEY, "ssh-ed25519 AAAA", "not an OpenSSH", id="a short key"),
        pytest.param(TRUTH, "yes", "neither", id="yes"),
        pytest.param(one_of("raw", "qcow2"), "qcow", "not known", id="a format misspelt"),
        pytest.param(choice(Purpose), "wi-fi", "not known", id="a purpose misspelt"),
        pytest.param(level(Tier), "0", "out of range", id="no such tier"),
    ],
)
def test_what_a_text_does_not_mean(kind: Kind[object], text: str, expected: str) -> None:
    with pytest.raises(Unreadable, match=expected) as caught:
        kind.parse(text)
    assert caught.value.remedy


KINDS: list[Kind[object]] = [
    ADDRESS,
    CIDR,
    DATE,
    DNS_ZONE,
    DURATION,
    HOURS,
    MONEY,
    PUBLIC_KEY,
    SLUG,
    SSID_NAME,
    TEXT,
    TRUTH,
]
MADE: list[Kind[object]] = [
    number(-1, 1),
    quantity(0, 9, "m"),
    whole(0, 9),
    whole_quantity(0, 9, "GB"),
    level(Tier),
    choice(Purpose),
]


@given(st.sampled_from([kind.parse for kind in (*KINDS, *MADE)]), st.text(max_size=30))
def test_any_text_is_read_or_refused(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except Unreadable as error:
        remedy = error.remedy
        assert remedy.endswith((".", "?"))


@given(st.integers(0, 999_999), st.sampled_from("smhd"))
def test_durations_keep_their_length(count: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert DURATION.parse(f"{count}{unit}").total_seconds() == count * seconds
