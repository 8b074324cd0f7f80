"""The map of access points, drawn on the server as SVG paths: one per state, told apart by shape and by colour.

Coordinates are integers in a box `WIDTH` wide with the same scale both ways and north up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import shapely
from shapely.geometry.base import BaseGeometry

from city.geography import Plane, Point
from city.model.city import City
from monitoring.ledger.intervals import DEVICE_STATES, State

WIDTH = 1000
MARGIN = 24
DENSITY_CLASSES = (1_000, 5_000, 10_000, 20_000)
"""Residents per square kilometre at which the ground's tone changes."""

MARKS = {
    State.UP: "m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0z",
    State.DEGRADED: "m0-9l9 16h-18z",
    State.DOWN: "m-8-8l16 16m0-16l-16 16",
    State.UNKNOWN: "m0-9l9 9l-9 9l-9-9z",
}
"""From the position on: a disc, a triangle, a cross, a diamond. The style sheet fills the first alone."""


@dataclass(frozen=True, slots=True)
class ScaleBar:
    metres: int
    width: int


class Ground:
    """What does not move: the boundary and its people, and where a position comes to lie on the drawing."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._plane: Plane = city.boundary.plane
        west, south, east, north = city.boundary.on(self._plane).bounds
        self._west, self._north = west, north
        self._scale = (WIDTH - 2 * MARGIN) / max(east - west, north - south)
        self.width = round((east - west) * self._scale) + 2 * MARGIN
        self.height = round((north - south) * self._scale) + 2 * MARGIN

    @cached_property
    def outline(self) -> str:
        return self._path(self._city.boundary.on(self._plane))

    @cached_property
    def residents(self) -> tuple[str, ...]:
        """One path per class of density, thinnest first; cells are cut at the boundary."""
        inside = self._city.boundary.on(self._plane)
        paths = [""] * len(DENSITY_CLASSES)
        for cell in self._city.population.cells:
            part = shapely.intersection(cell.outline.on(self._plane), inside)
            reached = [
                n for n, least in enumerate(DENSITY_CLASSES) if cell.residents / max(part.area, 1) * 1e6 >= least
            ]
            if reached:
                paths[reached[-1]] += self._path(part)
        return tuple(paths)

    @cached_property
    def scale_bar(self) -> ScaleBar:
        """The longest round length that takes at most a quarter of the width."""
        lengths = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
        metres = max((m for m in lengths if m * self._scale <= WIDTH / 4), default=1)
        return ScaleBar(metres, round(metres * self._scale))

    def marks(self, positions: Mapping[str, Point], states: Mapping[str, State]) -> dict[State, str]:
        """The path of each state; a position whose state is not given is unknown."""
        placed = zip(positions, self._plane.all_to_metres(list(positions.values())), strict=True)
        paths = dict.fromkeys(DEVICE_STATES, "")
        for name, (x, y) in placed:
            state = states.get(name, State.UNKNOWN)
            column, row = self._on_drawing(x, y)
            paths[state] += f"M{column} {row}{MARKS[state]}"
        return paths

    def _on_drawing(self, x: float, y: float) -> tuple[int, int]:
        return round((x - self._west) * self._scale) + MARGIN, round((self._north - y) * self._scale) + MARGIN

    def _path(self, shape: BaseGeometry) -> str:
        """Rings of a polygon as a path, simplified to half a unit of the drawing."""
        simple = shapely.simplify(shape, 0.5 / self._scale)
        return "".join(self._ring(ring) for ring in _rings(simple))

    def _ring(self, ring: BaseGeometry) -> str:
        points = [self._on_drawing(x, y) for x, y in shapely.get_coordinates(ring)]
        column, row = points[0]
        steps = [f"{c - a} {r - b}" for (a, b), (c, r) in pairwise(points) if (a, b) != (c, r)]
        return f"M{column} {row}l{' '.join(steps)}z" if steps else ""


def _rings(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in shapely.get_parts(shape):
        if shapely.get_dimensions(part) == 2:  # noqa: PLR2004 - a polygon, not the line where a cell touches
            yield from shapely.get_rings(part)
