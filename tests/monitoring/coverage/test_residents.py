from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.geography import Boundary, Point, rectangle
from city.model.residents import Population, PopulationCell
from monitoring.coverage.residents import spread

WEST, SOUTH, SIDE = 10.0, 50.0, 0.01
BOUNDARY = rectangle(WEST, SOUTH, WEST + 3 * SIDE, SOUTH + 3 * SIDE)
"""About 2.1 km by 3.3 km."""


def square(column: float, row: float, side: float = SIDE) -> Boundary:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return rectangle(west, south, west + side, south + side)


def population(*cells: tuple[Boundary, float]) -> Population:
    return Population(
        cells=tuple(
            PopulationCell(id=f"c{i}", outline=outline, residents=residents, share=1.0)
            for i, (outline, residents) in enumerate(cells)
        ),
        total=round(sum(residents for _, residents in cells)),
        census=date(2021, 10, 22),
        factor=1.0,
        source="made for this test",
    )


def test_a_cell_is_spread_evenly_over_its_squares() -> None:
    found = spread(population((square(1, 1), 800.0)), BOUNDARY, 20)
    assert found.people.min() == found.people.max()
    assert len(found.people) == pytest.approx(716 * 1113 / 20**2, rel=0.05)
    assert found.total == pytest.approx(800)


def test_neighbours_share_one_grid_and_no_place() -> None:
    found = spread(population((square(0, 0), 10.0), (square(1, 0), 10.0)), BOUNDARY, 50)
    places = set(zip(found.x, found.y, strict=True))
    assert len(places) == len(found.x)
    assert {x % 50 for x in found.x} == {25.0}


def test_nobody_stands_outside_the_boundary() -> None:
    found = spread(population((square(2.5, 2.5), 40.0)), BOUNDARY, 50)
    for x, y in zip(found.x, found.y, strict=True):
        assert BOUNDARY.contains(BOUNDARY.plane.to_degrees(x, y))
    assert found.total == pytest.approx(40)


def test_a_sliver_too_thin_for_the_grid_keeps_its_residents() -> None:
    found = spread(population((square(2.9999, 1), 7.0)), BOUNDARY, 100)
    assert found.people.tolist() == [7.0]
    assert BOUNDARY.contains(BOUNDARY.plane.to_degrees(found.x[0], found.y[0]))


def test_a_cell_outside_keeps_its_residents_where_it_lies() -> None:
    found = spread(population((square(9, 9), 3.0)), BOUNDARY, 100)
    there = BOUNDARY.plane.to_degrees(found.x[0], found.y[0])
    assert found.people.tolist() == [3.0]
    assert square(9, 9).contains(Point(there.lon, there.lat))


def test_no_cells_are_no_residents() -> None:
    assert spread(population(), BOUNDARY, 50).total == 0.0


@st.composite
def cells(draw: st.DrawFn) -> tuple[Boundary, float]:
    place = st.floats(-1.5, 3.5)
    side = draw(st.floats(1e-5, 0.012))
    return square(draw(place), draw(place), side), draw(st.floats(0, 40_000))


@settings(max_examples=40)
@given(st.lists(cells(), max_size=5), st.sampled_from([35.0, 50.0, 100.0, 333.3]))
def test_each_cell_keeps_its_residents_exactly(made: list[tuple[Boundary, float]], grid_m: float) -> None:
    found = spread(population(*made), BOUNDARY, grid_m)
    by_cell = np.bincount(found.cell, weights=found.people, minlength=len(made))
    assert by_cell.tolist() == pytest.approx([residents for _, residents in made], rel=1e-12)
    assert (found.people >= 0).all()
