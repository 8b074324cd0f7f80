"""Services that are asked from outside, as the page and its JSON tell them."""

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from city.located import Node, Place
from city.model.city import City
from monitoring.dashboard import api
from monitoring.dashboard.page import Page
from monitoring.ledger.intervals import Interval, State
from monitoring.snapshot import Snapshot, Standing, standing

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def probed(city: City) -> City:
    """The portal declares `probe: {https: /healthz}`."""
    place = Place(city.folder / "services.yaml", 1)
    probe = Node(place, {"https": Node(place, "/healthz")})
    services = (dataclasses.replace(one, probe=probe if one.id == "portal" else None) for one in city.services)
    return dataclasses.replace(city, services=tuple(services))


def row(city: City, snapshot: Snapshot, state: State, cause: str, code: str = "en") -> list[str]:
    standings = {"service:portal": Standing(state=state, since=None, cause=cause)}
    page = Page(probed(city)).render(dataclasses.replace(snapshot, standings=standings), code, None)
    name = {"en": "Portal", "el": "Πύλη"}[code]
    cells = page.partition(f'<th scope="row">{name}</th>')[2].partition("</tr>")[0]
    return [" ".join(cell.split()) for cell in re.sub(r"<[^>]*>", "\n", cells).split("\n") if cell.strip()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "cause", "told"),
    [
        (State.UP, "", ["up", "https from: The observer, The western street"]),
        (
            State.DOWN,
            "no connection in time from here, street",
            [
                "down",
                "https from: The observer, The western street",
                "no connection in time: The observer, The western street",
            ],
        ),
        (
            State.DEGRADED,
            "slow from here; it could not be asked from street",
            ["degraded", "https from: The observer", "slow: The observer", "it could not be asked: The western street"],
        ),
        (State.DEGRADED, "members out (recovery: 1 of 2 servers runs)",
         ["degraded", "https from: The observer, The western street", "members out"]),
        (State.UNKNOWN, "it could not be asked from here, street",
         ["unknown", "nobody yet", "it could not be asked: The observer, The western street"]),
    ],
)  # fmt: skip
def test_a_service_tells_by_which_probe_it_was_seen_from_where_and_what_is_not_well(
    city: City, snapshot: Snapshot, state: State, cause: str, told: list[str]
) -> None:
    shown = row(city, snapshot, state, cause)
    assert [shown[0], *shown[2:-1]] == told


def test_it_is_told_in_greek_too(city: City, snapshot: Snapshot) -> None:
    shown = row(city, snapshot, State.DOWN, "its certificate has expired from here, street", "el")
    assert shown[0] == "εκτός λειτουργίας"
    assert shown[2:4] == [
        "https από: Παρατηρητής, Δυτικός δρόμος",
        "το πιστοποιητικό της έχει λήξει: Παρατηρητής, Δυτικός δρόμος",
    ]


def test_programs_are_told_the_probe_the_points_and_the_cause(city: City, snapshot: Snapshot) -> None:
    cause = "slow from here; it could not be asked from street"
    standings = {"service:portal": Standing(state=State.DEGRADED, since=NOW, cause=cause)}
    found = json.loads(api.estate(probed(city), dataclasses.replace(snapshot, standings=standings)))["services"]
    portal = found["portal"]
    assert (portal["state"], portal["probe"], portal["seen_from"]) == ("degraded", "https", ["here"])
    assert portal["cause"] == cause
    assert (found["identity"]["probe"], found["identity"]["seen_from"]) == (None, [])


def test_a_cause_is_the_newest_and_ends_with_what_was_seen() -> None:
    seen = [
        Interval(start=NOW - 2 * HOUR, end=NOW - HOUR, state=State.DOWN, cause="it refuses connections from here"),
        Interval(start=NOW - HOUR, end=NOW + HOUR, state=State.DOWN, cause="no answer in time from here"),
    ]
    begun = NOW - 3 * HOUR
    assert standing(seen, begun, NOW) == Standing(
        state=State.DOWN, since=NOW - 2 * HOUR, cause="no answer in time from here"
    )
    assert standing(seen[:1], begun, NOW) == Standing(state=State.UNKNOWN, since=NOW - HOUR)
