"""Everything stands inside the boundary, and population.csv agrees with it."""

import numpy as np
import shapely

from city.geography import Boundary
from city.load.declared import Declared
from city.load.identity import devices
from city.load.record import Record

_TOLERANCE = 0.01
"""Of a cell's share: the coarsest rounding that a source may have."""


def check_positions(declared: Declared) -> None:
    boundary = declared.ground.boundary
    if boundary is None:
        return
    located = (
        *declared.ground.sites.items,
        *devices(declared),
        *declared.sensors.items,
        *declared.service_points.items,
    )
    lons = np.array([found.value.position.lon for found in located])
    lats = np.array([found.value.position.lat for found in located])
    shapely.prepare(boundary.geometry)
    inside = shapely.contains_xy(boundary.geometry, lons, lats)
    for found, is_inside in zip(located, inside, strict=True):
        if not is_inside and found.record.is_good("lon", "lat", "position"):
            _outside(found.record, boundary)
    _check_shares(declared, boundary)


def _outside(record: Record, boundary: Boundary) -> None:
    west, south, east, north = boundary.bounds
    remedy = f"Longitude first; the boundary spans {west:.4f} to {east:.4f} and {south:.4f} to {north:.4f}."
    key = "position" if record.has("position") else "lon"
    record.defect(key, "its position is outside the boundary", remedy)


def _check_shares(declared: Declared, boundary: Boundary) -> None:
    outlines = np.array([outline.geometry for outline in declared.ground.general.outlines], dtype=object)
    shares = shapely.area(shapely.intersection(outlines, boundary.geometry)) / shapely.area(outlines)
    for found, share in zip(declared.ground.squares.items, shares, strict=False):
        square, record = found.value, found.record
        if abs(share - square.share) > _TOLERANCE and record.is_good("x_m", "y_m", "size_m", "share"):
            problem = f"a share of {square.share:g} does not fit the boundary, which holds {share:.4f} of the square"
            record.defect("share", problem, "Check share, corner and size, and the crs in city.yaml.")
