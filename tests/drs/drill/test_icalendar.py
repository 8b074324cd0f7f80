"""What is due, as a calendar by RFC 5545; read here by the RFC's own rules of lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from city.model.drilling import Exercise
from drs.drill.icalendar import icalendar
from drs.drill.schedule import Due
from tests.drs.twins import city

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
CITY = replace(city(), time_zone=ZoneInfo("Europe/Athens"))
LATE = datetime(2030, 5, 31, 22, 30, tzinfo=UTC)
"""In Athens it is the first of June already."""


def lines(text: str) -> list[str]:
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")


def events(*due: Due) -> list[dict[str, str]]:
    found = lines(icalendar(CITY, due, NOW))
    assert (found[0], found[1], found[-2], found[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR", "")
    made: list[dict[str, str]] = []
    for line in found[3:-2]:
        key, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            made.append({})
        elif line != "END:VEVENT":
            made[-1][key] = value
    return made


def test_a_day_for_each_in_the_citys_own_time() -> None:
    portal = Due(service="portal", last=LATE - timedelta(days=90), at=LATE)
    tabletop = Due(exercise=Exercise.TABLETOP, last=None, at=NOW)
    one, other = events(portal, tabletop)
    assert (one["DTSTART;VALUE=DATE"], one["DTEND;VALUE=DATE"]) == ("20300601", "20300602")
    assert (one["SUMMARY"], other["SUMMARY"]) == ("drill of portal", "tabletop exercise")
    assert one["UID"] == f"portal-20300302T223000Z@{CITY.id}"
    assert "held last on 2030-03-02\\; asty drill run --mode rehearse --service portal" in one["DESCRIPTION"]
    assert "\\, talked through\\; then" in other["DESCRIPTION"]


def test_the_same_due_thing_has_the_same_identity_in_the_next_file() -> None:
    due = Due(service="portal", last=LATE, at=LATE + timedelta(days=90))
    later = replace(due, at=due.at + timedelta(days=1))
    assert events(due)[0]["UID"] == events(later)[0]["UID"] != events(replace(due, last=None))[0]["UID"]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200))
def test_no_name_breaks_a_line(name: str) -> None:
    (found,) = events(Due(service=name, last=None, at=NOW))
    plain = found["SUMMARY"].replace("\\;", ";").replace("\\,", ",").replace("\\\\", "\\")
    assert plain == f"drill of {name}"
