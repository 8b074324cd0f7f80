from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Failed
from city.geography import Boundary, Point, distance_m, rectangle
from city.model.residents import PopulationCell
from city.placing import Land, cable, channels, groups, middle, nearest_centre, share_out

places = st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 5000)), min_size=1, max_size=60)
WEST, EAST = rectangle(22.90, 40.60, 22.91, 40.61), rectangle(22.91, 40.60, 22.92, 40.61)


def cell(name: str, outline: Boundary, residents: float) -> PopulationCell:
    return PopulationCell(id=name, outline=outline, residents=residents, share=1)


LAND = Land(rectangle(22.90, 40.60, 22.92, 40.61), (cell("west", WEST, 3000), cell("east", EAST, 1000)))


@given(st.integers(0, 1000), st.lists(st.floats(0.001, 1e6), min_size=1, max_size=30))
def test_parts_add_up_and_are_fair_to_within_one(total: int, weights: list[float]) -> None:
    parts = share_out(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1 + 1e-6


def test_points_follow_the_people_and_keep_their_distance() -> None:
    points = LAND.scatter(40, 50, "seed")
    assert Counter(WEST.contains(point) for point in points) == {True: 30, False: 10}
    for i, point in enumerate(points):
        assert all(distance_m(point, other) >= 49.9 for other in points[:i])


def test_the_same_seed_gives_the_same_points() -> None:
    assert LAND.scatter(20, 50, "seed") == LAND.scatter(20, 50, "seed")
    assert LAND.scatter(20, 50, "seed") != LAND.scatter(20, 50, "another")


def test_too_many_points_are_refused() -> None:
    with pytest.raises(Failed, match="no room"):
        LAND.scatter(50, 500, "seed")


def test_the_nearest_centre_is_found() -> None:
    centres = {"west": WEST.centre, "east": EAST.centre}
    assert nearest_centre(Point(22.912, 40.605), centres, LAND.boundary.plane) == "east"


@given(places, st.integers(1, 20))
def test_groups_hold_everyone_once_and_no_more_than_asked(found: list[tuple[float, float]], most: int) -> None:
    made = groups(found, most)
    assert sorted(i for group in made for i in group) == list(range(len(found)))
    assert all(0 < len(group) <= most for group in made)
    assert len(made) <= 2 * -(-len(found) // most)


def test_the_middle_is_one_of_them() -> None:
    assert middle([0, 2, 1], [(0, 0), (10, 0), (4, 1)]) == 2


@given(places, st.integers(1, 8))
def test_no_switch_carries_more_than_its_ports(found: list[tuple[float, float]], ports: int) -> None:
    switches = [(float(i), 0.0) for i in range(-(-len(found) // ports))]
    ends = cable(found, switches, ports)
    assert len(ends) == len(found)
    assert max(Counter(ends).values()) <= ports


def test_a_lone_access_point_takes_the_nearest_switch() -> None:
    assert cable([(0, 0)], [(100, 0), (10, 0)], 4) == [1]


def test_too_few_ports_are_refused() -> None:
    with pytest.raises(Failed, match="fewer ports"):
        cable([(0, 0), (1, 1)], [(0, 0)], 1)


def test_neighbours_take_different_channels() -> None:
    row = [(float(i * 10), 0.0) for i in range(6)]
    assert all(a != b for a, b in pairwise(channels(row, (1, 6, 11), 15)))


@given(places)
def test_channels_are_allowed_ones(found: list[tuple[float, float]]) -> None:
    assert set(channels(found, (1, 6, 11), 300)) <= {1, 6, 11}


def test_nothing_of_a_city_is_in_the_code() -> None:
    """The ground floor knows no city by name, code or position."""
    code = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "city").rglob("*.py")]
    assert code
    for word in ("hessaloniki", "319045", "319_045", "RegionOne", "community-a", "22.9"):
        assert not any(word in text for text in code), word
