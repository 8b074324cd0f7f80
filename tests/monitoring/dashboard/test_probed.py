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
        (State.UP, "", ["up", "https from: Residents, The data centre, The recovery site"]),
        (
            State.DOWN,
            "no connection in time from street, datacentre, recovery",
            [
                "down",
                "https from: Residents, The data centre, The recovery site",
                "no connection in time: Residents, The data centre, The recovery site",
            ],
        ),
        (
            State.DEGRADED,
            "slow from street; it could not be asked from datacentre, recovery",
            [
                "degraded",
                "https from: Residents",
                "slow: Residents",
                "it could not be asked: The data centre, The recovery site",
            ],
        ),
        (State.DEGRADED, "members out (recovery: portal-1 SHUTOFF, portal-db ERROR, of 3 servers)",
         ["degraded", "https from: Residents, The data centre, The recovery site",
          "members out: portal-1 (SHUTOFF), portal-db (ERROR)"]),
        (State.DEGRADED, "members out (recovery: load balancer DEGRADED)",
         ["degraded", "https from: Residents, The data centre, The recovery site", "members out"]),
        (State.UNKNOWN, "it could not be asked from street, datacentre, recovery",
         ["unknown", "nobody yet", "it could not be asked: Residents, The data centre, The recovery site"]),
    ],
)  # fmt: skip
def test_a_service_tells_by_which_probe_it_was_seen_from_where_and_what_is_not_well(
    city: City, snapshot: Snapshot, state: State, cause: str, told: list[str]
) -> None:
    shown = row(city, snapshot, state, cause)
    assert [shown[0], *shown[2:-1]] == told


def test_it_is_told_in_greek_too(city: City, snapshot: Snapshot) -> None:
    shown = row(city, snapshot, State.DOWN, "its certificate has expired from street, datacentre, recovery", "el")
    assert shown[0] == "εκτός λειτουργίας"
    assert shown[2:4] == [
        "https από: Κάτοικοι, Κέντρο δεδομένων, Χώρος ανάκαμψης",
        "το πιστοποιητικό της έχει λήξει: Κάτοικοι, Κέντρο δεδομένων, Χώρος ανάκαμψης",
    ]


def test_programs_are_told_the_probe_the_points_and_the_cause(city: City, snapshot: Snapshot) -> None:
    cause = "slow from street; it could not be asked from datacentre, recovery"
    standings = {"service:portal": Standing(state=State.DEGRADED, since=NOW, cause=cause)}
    found = json.loads(api.estate(probed(city), dataclasses.replace(snapshot, standings=standings)))["services"]
    portal = found["portal"]
    assert (portal["state"], portal["probe"], portal["seen_from"]) == ("degraded", "https", ["street"])
    assert portal["cause"] == cause
    identity = found["identity"]
    assert (identity["probe"], identity["seen_from"], identity["probed_here"]) == (None, [], None)
    assert portal["probed_here"] is True


@pytest.mark.parametrize(
    ("code", "told"), [("en", "the cloud; not probed here"), ("el", "το νέφος· δεν ελέγχεται εδώ")]
)
def test_a_service_whose_probe_nobody_asks_here_says_so(city: City, snapshot: Snapshot, code: str, told: str) -> None:
    services = tuple(dataclasses.replace(one, probe=None) for one in city.services)
    here = dataclasses.replace(city, services=services)
    page = Page(here, unprobed={"portal"}).render(snapshot, code, None)
    assert page.count(told) == 1
    found = json.loads(api.estate(here, snapshot, unprobed={"portal"}))["services"]
    assert [id_ for id_, one in found.items() if one["probed_here"] is False] == ["portal"]


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
