"""What is due as a calendar that programs of offices and telephones read (RFC 5545). Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from city.model.city import City
from drs.drill.schedule import Due

_LONGEST = 75
"""Octets of a line; a longer one goes on after a line break and a space (3.1)."""


def icalendar(city: City, due: Iterable[Due], now: datetime) -> str:
    """A day for each, in the city's own time; the same due thing keeps its identity from file to file."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//asty//drills//EN"]
    for one in due:
        lines += _event(city, one, now)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _event(city: City, due: Due, now: datetime) -> list[str]:
    day = due.at.astimezone(city.time_zone).date()
    last = "never" if due.last is None else f"{due.last.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    about = "no drill has proven it yet" if due.last is None else f"held last on {due.last:%Y-%m-%d}"
    return [
        "BEGIN:VEVENT",
        f"UID:{due.name}-{last}@{city.id}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(due.title)}",
        f"DESCRIPTION:{_text(f'{about}; {due.how}')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(words: str) -> str:
    """3.3.11: these mean something."""
    for sign in ("\\", ";", ","):
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Never in the middle of a letter."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > _LONGEST:
            yield part
            part = " "
        part += letter
    yield part
