"""Where the residents are, as points fine enough for footprints of some 50 m.

A population cell is often a square kilometre; a street access point reaches a twentieth of that.
Its residents are spread evenly over the points of a finer grid that lie in the cell and inside the
boundary. Nobody is lost or invented: each cell's residents stand at its points, all of them.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from city.geography import Boundary
from city.model.residents import Population, PopulationCell
from monitoring.coverage.radio import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residents:
    """`people` live at each of the points `x`, `y` (metres on the boundary's plane); `cell` is their cell's index."""

    x: Floats
    y: Floats
    people: Floats
    cell: NDArray[np.int64]

    @property
    def total(self) -> float:
        return float(self.people.sum())


def spread(population: Population, boundary: Boundary, grid_m: float) -> Residents:
    """The population on a grid of `grid_m`, aligned to the boundary's plane.

    A cell whose part inside the boundary is too small for the grid keeps its residents at one point
    in that part (or in the cell, where it lies outside altogether): the total is preserved always.
    """
    inside = boundary.on(boundary.plane)
    shapely.prepare(inside)
    parts = [_points_of(cell.outline.on(boundary.plane), inside, grid_m) for cell in population.cells]
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    where = np.concatenate(parts) if parts else np.empty((0, 2))
    return Residents(
        x=where[:, 0],
        y=where[:, 1],
        people=np.repeat([_each(cell, n) for cell, n in zip(population.cells, counts, strict=True)], counts),
        cell=np.repeat(np.arange(len(parts)), counts),
    )


def _each(cell: PopulationCell, points: int) -> float:
    return cell.residents / points


def _points_of(cell: BaseGeometry, inside: BaseGeometry, grid_m: float) -> Floats:
    west, south, east, north = cell.bounds
    xs, ys = _middles(west, east, grid_m), _middles(south, north, grid_m)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    keep = shapely.contains_xy(cell, x, y)
    keep[keep] = shapely.contains_xy(inside, x[keep], y[keep])
    return np.column_stack((x[keep], y[keep])) if keep.any() else _one_point(cell, inside)


def _middles(low: float, high: float, grid_m: float) -> Floats:
    """Middles of the grid's squares from `low` to `high`; the grid counts from 0, so neighbours share it."""
    first, last = np.floor(low / grid_m), np.ceil(high / grid_m)
    return np.asarray((np.arange(first, last) + 0.5) * grid_m, dtype=np.float64)


def _one_point(cell: BaseGeometry, inside: BaseGeometry) -> Floats:
    part = shapely.intersection(cell, inside)
    at = (cell if part.is_empty else part).representative_point()
    return np.array([[at.x, at.y]])
