import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.geography import Point
from city.model.city import City
from monitoring.dashboard.language import Language
from monitoring.dashboard.map import MARGIN, MARKS, WIDTH, Ground
from monitoring.dashboard.street import PAGE_ROWS, Wanted, counts, districts, listing
from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.snapshot import Snapshot

AT = re.compile(r"M(-?\d+) (-?\d+)")


@pytest.fixture(scope="module")
def ground(city: City) -> Ground:
    return Ground(city)


def test_the_drawing_fits_its_box(ground: Ground) -> None:
    assert max(ground.width, ground.height) == WIDTH
    for path in (ground.outline, *ground.residents):
        x, y = 0, 0
        for move in re.finditer(r"([Ml ])(-?\d+) (-?\d+)", path):
            dx, dy = int(move[2]), int(move[3])
            x, y = (dx, dy) if move[1] == "M" else (x + dx, y + dy)
            assert -1 <= x <= ground.width + 1 and -1 <= y <= ground.height + 1


def test_north_is_up_and_east_is_right(city: City, ground: Ground) -> None:
    west, south, east, north = city.boundary.bounds
    corners = {"south-west": Point(west, south), "north-east": Point(east, north)}
    (low_x, low_y), (high_x, high_y) = AT.findall(ground.marks(corners, {})[State.UNKNOWN])
    assert int(low_x) == pytest.approx(MARGIN, abs=2) and int(high_x) == pytest.approx(ground.width - MARGIN, abs=2)
    assert int(low_y) > int(high_y)


def test_each_state_is_one_path_of_its_own_shape(city: City, ground: Ground, snapshot: Snapshot) -> None:
    paths = ground.marks({ap.id: ap.position for ap in city.access_points}, snapshot.access_points)
    assert {state: path.count("M") for state, path in paths.items()} == counts(city, snapshot)
    assert {state: path.count("M") for state, path in paths.items()} == {
        State.UP: 7,
        State.DOWN: 2,
        State.UNKNOWN: 3,
    }
    for state, path in paths.items():
        assert path.endswith(MARKS[state])
    assert len(set(MARKS.values())) == len(State)


def test_the_scale_bar_has_its_length(city: City, ground: Ground) -> None:
    west, south, _, _ = city.boundary.bounds
    plane = city.boundary.plane
    x, y = plane.to_metres(Point(west, south))
    ends = {"a": Point(west, south), "b": plane.to_degrees(x + ground.scale_bar.metres, y)}
    (a, _), (b, _) = AT.findall(ground.marks(ends, {})[State.UNKNOWN])
    assert int(b) - int(a) == pytest.approx(ground.scale_bar.width, abs=1)
    assert str(ground.scale_bar.metres).lstrip("125") == "0" * (len(str(ground.scale_bar.metres)) - 1)


def test_nothing_to_mark_is_no_path(ground: Ground) -> None:
    assert set(ground.marks({}, {}).values()) == {""}


@given(st.integers(-3, 200), st.sampled_from([None, *State]))
def test_any_page_of_any_state_lists_only_what_was_asked(
    city: City, snapshot: Snapshot, page: int, state: State | None
) -> None:
    many = dataclasses.replace(
        city,
        access_points=tuple(dataclasses.replace(ap, id=f"{ap.id}-{n}") for n in range(20) for ap in city.access_points),
    )
    speak = Language("en", city.time_zone)
    found = listing(many, snapshot, speak, Wanted(state, max(1, page)))
    assert 1 <= found.page <= found.pages
    assert len(found.lines) <= PAGE_ROWS
    assert all(line.state is state or state is None for line in found.lines)
    assert found.found == (240 if state in (None, State.UNKNOWN) else 0), "renamed devices were never seen"


def test_the_table_by_district_adds_up_to_the_map(city: City, snapshot: Snapshot) -> None:
    rows = districts(city, snapshot, Language("el", city.time_zone))
    assert {state: sum(row.counts[state] for row in rows) for state in DEVICE_STATES} == counts(city, snapshot)
    assert sum(row.total for row in rows) == len(city.access_points)
    assert all(row.total for row in rows)
