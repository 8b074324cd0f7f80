"""To which moments a database can be taken back, as its host tells; and what is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from city.errors import InvalidInput
from drs.observed import Unseen
from drs.points import AskedPoints, Range, point, read, uncovered

NOW = datetime(2030, 3, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOLD = {
    "base": "20300331T060000Z",
    "from": "2030-03-31T06:01:00+00:00",
    "to": "2030-03-31T13:00:00+02:00",
    "bytes": 4096,
    "log_bytes": 512,
    "proven_to": None,
}
RANGE = Range(
    base="20300331T060000Z", begins=NOW - 6 * HOUR + timedelta(minutes=1), ends=NOW - HOUR, size=4096, log_size=512
)


def told(*points: object) -> str:
    return json.dumps({"at": NOW.isoformat(), "points": points})


def test_what_a_host_keeps_is_read() -> None:
    assert read(told(TOLD)) == (RANGE,)
    assert read(told()) == ()
    (proven,) = read(told({**TOLD, "proven_to": "2030-03-31T08:00:00Z"}))  # type: ignore[misc]  # no Unseen here
    assert proven.proven_to == NOW - 4 * HOUR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"points": 5}',
        told("x"),
        told({}),
        told({**TOLD, "from": "2030-03-31T06:01:00"}),
        told({**TOLD, "to": None}),
        told({**TOLD, "bytes": "many"}),
    ],
)
def test_what_no_host_would_say_is_believed_in_no_part(text: str) -> None:
    found = read(text)
    assert isinstance(found, Unseen) and "/run/database/points.json" in found.reason


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yesterday", "no moment with an offset"),
        ("2030-03-31T11:00", "no moment with an offset"),
        ("0001-01-01T00:00+23:00", "no moment with an offset"),
        ("2030-03-31T12:00:01+00:00", "it is to come"),
    ],
)
def test_a_point_is_a_moment_that_is_over(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        point(text, NOW)
    assert point("2030-03-31T14:00+02:00", NOW) == NOW


def asked(service: str, *ranges: Range) -> AskedPoints:
    return AskedPoints(site="recovery", service=service, answer=ranges)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [(RANGE.begins, True), (RANGE.ends, True), (RANGE.begins - timedelta(seconds=1), False), (NOW, False)],
)
def test_a_moment_is_covered_from_the_first_of_a_range_to_the_last(moment: datetime, *, covered: bool) -> None:
    lacking = uncovered([asked("portal", RANGE)], ["portal"], moment)
    assert lacking == ({} if covered else {"portal": "recovery has no copy that covers it"})


def test_every_service_that_cannot_go_back_is_named_with_why() -> None:
    silent = AskedPoints(site="recovery", service="gis", answer=Unseen(reason="gis-db is off"))
    told = [asked("portal", RANGE), silent, asked("library")]
    assert uncovered(told, ["portal", "gis", "library", "jobs"], RANGE.begins) == {
        "gis": "gis-db is off",
        "library": "recovery has no copy that covers it",
        "jobs": "nobody keeps copies of it",
    }
