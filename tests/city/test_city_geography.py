import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.geography import Boundary, Plane, Point, distance_m, rectangle

WHITE_TOWER, ROTONDA = Point(22.9483, 40.6264), Point(22.9530, 40.6333)
SQUARE = rectangle(22.9, 40.6, 23.0, 40.7)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        pytest.param(181.0, 0.0, id="beyond the date line"),
        pytest.param(22.9, 90.1, id="beyond the pole"),
        pytest.param(5_000_000.0, 2_000_000.0, id="metres for degrees"),
    ],
)
def test_what_is_not_in_degrees_is_no_point(lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match="not a longitude and latitude"):
        Point(lon, lat)


def test_a_minute_of_latitude_is_a_nautical_mile() -> None:
    assert distance_m(Point(23, 45), Point(23, 45 + 1 / 60)) == pytest.approx(1852, abs=1)


def test_distance_is_the_same_both_ways() -> None:
    assert distance_m(WHITE_TOWER, ROTONDA) == pytest.approx(distance_m(ROTONDA, WHITE_TOWER))
    assert distance_m(WHITE_TOWER, WHITE_TOWER) == 0


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        pytest.param(Point(22.95, 40.65), True, id="in the middle"),
        pytest.param(Point(23.05, 40.65), False, id="to the east"),
        pytest.param(Point(40.65, 22.95), False, id="latitude first"),
    ],
)
def test_a_boundary_knows_its_inside(point: Point, inside: bool) -> None:  # noqa: FBT001 - a table's column
    assert SQUARE.contains(point) is inside


def test_a_hole_is_outside() -> None:
    ring = [[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    assert not Boundary({"type": "Polygon", "coordinates": [ring, hole]}).contains(Point(1.5, 1.5))


def test_boundaries_are_equal_by_content() -> None:
    assert rectangle(22.9, 40.6, 23.0, 40.7) == SQUARE
    assert len({rectangle(22.9, 40.6, 23.0, 40.7), SQUARE}) == 1
    assert rectangle(22.9, 40.6, 23.0, 40.8) != SQUARE
    assert SQUARE != "a boundary"


def test_a_line_is_no_boundary() -> None:
    with pytest.raises(ValueError, match="Polygon"):
        Boundary({"type": "LineString", "coordinates": [[0, 0], [1, 1]]})


def test_bounds_and_centre_are_in_degrees() -> None:
    assert SQUARE.bounds == (22.9, 40.6, 23.0, 40.7)
    assert (SQUARE.centre.lon, SQUARE.centre.lat) == pytest.approx((22.95, 40.65))


points_nearby = st.builds(Point, st.floats(22.8, 23.1), st.floats(40.5, 40.8))


@given(points_nearby)
def test_the_plane_gives_a_point_back(point: Point) -> None:
    back = SQUARE.plane.to_degrees(*SQUARE.plane.to_metres(point))
    assert (back.lon, back.lat) == pytest.approx((point.lon, point.lat), abs=1e-9)


@given(points_nearby, points_nearby)
def test_the_plane_keeps_distances(a: Point, b: Point) -> None:
    """Within 20 km of its origin the plane is right to five parts in a million."""
    (ax, ay), (bx, by) = SQUARE.plane.all_to_metres([a, b])
    assert math.hypot(ax - bx, ay - by) == pytest.approx(distance_m(a, b), rel=5e-6, abs=1e-3)


def test_the_plane_begins_at_its_origin() -> None:
    assert Plane(WHITE_TOWER).to_metres(WHITE_TOWER) == pytest.approx((0, 0), abs=1e-6)
