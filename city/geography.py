"""Points, distances and boundaries on the Earth.

Degrees (EPSG:4326, longitude first, as GeoJSON has it) at the edges; metres on a plane inside.
The plane is the transverse Mercator centred on the city itself, so no country's grid is in the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from shapely import Polygon, box, contains_xy, transform
from shapely.geometry import MultiPolygon, shape

Rows = NDArray[np.float64]

_GEOD = Geod(ellps="WGS84")
_LON_MAX, _LAT_MAX = 180, 90


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Longitude and latitude in degrees, WGS 84."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if abs(self.lon) > _LON_MAX or abs(self.lat) > _LAT_MAX:
            raise ValueError(f"{self.lon}, {self.lat} is not a longitude and latitude in degrees")


def distance_m(a: Point, b: Point) -> float:
    """Metres along the ellipsoid (Karney 2013)."""
    return float(_GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2])


class Boundary:
    """The municipality's outline; immutable, and equal by content."""

    def __init__(self, geojson_geometry: dict[str, Any]) -> None:
        """`geojson_geometry`: a Polygon or MultiPolygon of RFC 7946. Raises ValueError for others."""
        geometry = shape(geojson_geometry)
        if not isinstance(geometry, Polygon | MultiPolygon) or geometry.is_empty:
            raise ValueError("a boundary is a Polygon or a MultiPolygon")
        self.geometry: Polygon | MultiPolygon = geometry

    def contains(self, point: Point) -> bool:
        return bool(contains_xy(self.geometry, point.lon, point.lat))

    @cached_property
    def centre(self) -> Point:
        centroid = self.geometry.centroid
        return Point(centroid.x, centroid.y)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self.geometry.bounds
        return west, south, east, north

    @cached_property
    def plane(self) -> "Plane":
        return Plane(self.centre)

    def on(self, plane: "Plane") -> Polygon | MultiPolygon:
        """The same outline in metres on `plane`."""
        moved: Polygon | MultiPolygon = transform(self.geometry, plane.rows_to_metres)
        return moved

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Boundary) and bool(self.geometry.equals(other.geometry))

    def __hash__(self) -> int:
        return hash(self.geometry.wkb)


class Plane:
    """Metres east and north of `origin`; exact to centimetres within some 50 km of it."""

    def __init__(self, origin: Point) -> None:
        crs = CRS.from_proj4(f"+proj=tmerc +lat_0={origin.lat} +lon_0={origin.lon} +k=1 +datum=WGS84 +units=m")
        self._forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._backward = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def to_metres(self, point: Point) -> tuple[float, float]:
        x, y = self._forward.transform(point.lon, point.lat)
        return float(x), float(y)

    def rows_to_metres(self, degrees: Rows) -> Rows:
        """As `to_metres`, for an array of one point a row."""
        return np.column_stack(self._forward.transform(degrees[:, 0], degrees[:, 1]))

    def to_degrees(self, x: float, y: float) -> Point:
        lon, lat = self._backward.transform(x, y)
        return Point(float(lon), float(lat))

    def all_to_metres(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        xs, ys = self._forward.transform([p.lon for p in points], [p.lat for p in points])
        return list(zip(map(float, xs), map(float, ys), strict=True))


def rectangle(west: float, south: float, east: float, north: float) -> Boundary:
    """A boundary of four straight sides, in degrees."""
    return Boundary(box(west, south, east, north).__geo_interface__)
