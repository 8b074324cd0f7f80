"""Everything stands inside the boundary, and population.csv agrees with it."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import shapely

from city.geography import Boundary, Point
from city.load.declared import Declared
from city.load.defects import Defects
from city.load.identity import devices
from city.load.record import Found, Record
from city.located import Place
from city.model.city import Device
from city.model.places import ServicePoint, Site
from city.model.sensors import Sensor

Located = Found[Site | Device | Sensor | ServicePoint]

_LAT_MAX = 90
_TOLERANCE = 0.01
"""Of a cell's share: the coarsest rounding that a source may have."""


def check_positions(declared: Declared, defects: Defects) -> None:
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
    outside = [
        found
        for found, is_inside in zip(located, inside, strict=True)
        if not is_inside and found.record.is_good("lon", "lat", "position")
    ]
    swapped = [found for found in outside if _is_swapped(found.value.position, boundary)]
    if len(located) > 1 and len(swapped) == len(located):
        place = Place(declared.ground.folder / "boundary.geojson", 1)
        defects.add(place, "longitude and latitude are swapped, or in every file but this", "Write longitude first.")
        return
    for group in _by_file(swapped):
        more = f", and in {len(group) - 1} more places of the file" * (len(group) > 1)
        key = _key(group[0].record)
        group[0].record.defect(key, f"longitude and latitude are swapped{more}", "Write longitude first.")
    for found in outside:
        if found not in swapped:
            _outside(found.record, boundary)
    _check_shares(declared, boundary)


def _is_swapped(position: Point, boundary: Boundary) -> bool:
    return abs(position.lon) <= _LAT_MAX and boundary.contains(Point(position.lat, position.lon))


def _by_file(found: Iterable[Located]) -> Iterable[list[Located]]:
    groups: defaultdict[object, list[Located]] = defaultdict(list)
    for one in found:
        groups[one.record.place.file].append(one)
    return groups.values()


def _outside(record: Record, boundary: Boundary) -> None:
    west, south, east, north = boundary.bounds
    remedy = f"Longitude first; the boundary spans {west:.4f} to {east:.4f} and {south:.4f} to {north:.4f}."
    record.defect(_key(record), "its position is outside the boundary", remedy)


def _key(record: Record) -> str:
    return "position" if record.has("position") else "lon"


def _check_shares(declared: Declared, boundary: Boundary) -> None:
    outlines = np.array([outline.geometry for outline in declared.ground.general.outlines], dtype=object)
    shares = shapely.area(shapely.intersection(outlines, boundary.geometry)) / shapely.area(outlines)
    for found, share in zip(declared.ground.squares.items, shares, strict=False):
        square, record = found.value, found.record
        if abs(share - square.share) > _TOLERANCE and record.is_good("x_m", "y_m", "size_m", "share"):
            problem = f"a share of {square.share:g} does not fit the boundary, which holds {share:.4f} of the square"
            record.defect("share", problem, "Check share, corner and size, and the crs in city.yaml.")
