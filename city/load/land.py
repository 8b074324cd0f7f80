"""The land and its people: the boundary, and the population in cells."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from city.geography import Boundary
from city.load.defects import Defects
from city.load.kinds import DATE, GRID_ID, TEXT, Kind, Unreadable, number, whole
from city.load.record import Listing, Record, rows
from city.load.source import read_text
from city.located import Place
from city.model.residents import Population, PopulationCell

CELL_COLUMNS = ("id", "x_m", "y_m", "size_m", "residents", "share")
_MOST_PEOPLE = 10**9
_FARTHEST_M = 1e8
_RING_MIN = 4
_POSITION_MIN = 2
_WIDEST = 20
"""Degrees of longitude: no city is wider, and one on the meridian of 180 degrees would seem to span the Earth."""

Ring = list[tuple[float, float]]


def read_boundary(path: Path, defects: Defects) -> Boundary | None:
    """The one outline of a GeoJSON file (RFC 7946); None where there is none, which is reported."""
    text = read_text(path, defects)
    if text is None:
        return None
    try:
        return _outline(json.loads(text, parse_constant=_refuse, parse_int=float, object_pairs_hook=_once))
    except json.JSONDecodeError as error:
        defects.add(Place(path, error.lineno), f"this is not JSON ({error.msg})", "Mend the line.")
        return None
    except Unreadable as error:
        defects.add(Place(path, 1), error.problem, error.remedy)
        return None
    except (ValueError, RecursionError) as error:
        remedy = "Give one Polygon or MultiPolygon in degrees, longitude first."
        defects.add(Place(path, 1), f"this is no boundary ({error})", remedy)
        return None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """RFC 8259, 4: of a name that is there twice nobody knows which counts."""
    names = [name for name, _ in members]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{twice[:60]!r} is given twice")
    return dict(members)


def _in_degrees(found: object) -> None:
    """Raises Unreadable for a `crs` member (GeoJSON of 2008) that is not longitude and latitude in WGS 84."""
    crs = found.get("crs") if isinstance(found, dict) else None
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if str(name).rpartition(":")[2] not in {"CRS84", "4326"}:
        problem = f"its coordinates are of the system {str(name or crs)[:60]!r}, not longitude and latitude in WGS 84"
        raise Unreadable(problem, "Convert it: ogr2ogr -t_srs EPSG:4326 converted.geojson boundary.geojson")


def _outline(found: object) -> Boundary:
    _in_degrees(found)
    if isinstance(found, dict) and found.get("type") == "FeatureCollection":
        features = found.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise ValueError("it does not hold exactly one feature")
        found = features[0]
        _in_degrees(found)
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = found.get("geometry")
        _in_degrees(found)
    if not isinstance(found, dict) or found.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValueError("it holds no Polygon or MultiPolygon")
    single = found["type"] == "Polygon"
    parts = [found.get("coordinates")] if single else found.get("coordinates")
    polygons = [[_ring(ring) for ring in _nonempty(part)] for part in _nonempty(parts)]
    boundary = Boundary({"type": "MultiPolygon", "coordinates": polygons})
    if not boundary.geometry.is_valid:
        raise ValueError(f"its lines cross or touch each other: {shapely.is_valid_reason(boundary.geometry)}")
    west, _, east, _ = boundary.bounds
    if east - west > _WIDEST:
        raise Unreadable(
            f"it spans {east - west:g} degrees of longitude", "asty has no cities on the meridian of 180 degrees."
        )
    return boundary


def _nonempty(found: object) -> list[object]:
    if not isinstance(found, list) or not found:
        raise ValueError("its coordinates are incomplete")
    return found


def _ring(found: object) -> Ring:
    ring = [_position(position) for position in _nonempty(found)]
    if len(ring) < _RING_MIN or ring[0] != ring[-1]:
        raise ValueError("a ring is not closed")
    return ring


def _position(found: object) -> tuple[float, float]:
    if not isinstance(found, list) or len(found) < _POSITION_MIN:
        raise ValueError("a position is not a pair of degrees")
    lon, lat = found[:_POSITION_MIN]
    if not (isinstance(lon, float) and isinstance(lat, float) and abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
        raise ValueError(f"{str(found)[:60]} is not a longitude and latitude in degrees")
    return lon, lat


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A cell of the population grid as its source gives it: lower left corner and size in metres."""

    id: str
    x_m: float
    y_m: float
    size_m: float
    residents: float
    share: float


def read_squares(folder: Path, defects: Defects) -> Listing[Square]:
    return rows(folder / "population.csv", CELL_COLUMNS, _square, defects)


def _square(record: Record) -> Square:
    return Square(
        id=record.get("id", GRID_ID),
        x_m=record.get("x_m", number(-_FARTHEST_M, _FARTHEST_M, "m")),
        y_m=record.get("y_m", number(-_FARTHEST_M, _FARTHEST_M, "m")),
        size_m=record.get("size_m", number(1, 100_000, "m")),
        residents=record.get("residents", number(0, _MOST_PEOPLE)),
        share=record.get("share", number(0, 1)),
    )


def _crs(text: str) -> CRS:
    remedy = "Write the projected system of population.csv in metres, as in `EPSG:3035`."
    try:
        crs = CRS.from_string(text if text.startswith("EPSG:") else "")
    except CRSError as error:
        raise Unreadable(f"{text[:60]!r} is not a reference system of the EPSG list", remedy) from error
    if not crs.is_projected or {axis.unit_name for axis in crs.axis_info} != {"metre"}:
        raise Unreadable(f"{text[:60]!r} does not count in metres", remedy)
    return crs


def read_population(record: Record, squares: Listing[Square], outlines: Sequence[Boundary]) -> Population:
    """`squares` within the boundary, raked: each share times one factor, so that they add up to the census."""
    total = record.get("total", whole(1, _MOST_PEOPLE))
    census, source = record.get("census", DATE), record.get("source", TEXT)
    record.finish()
    counted = math.fsum(square.residents * square.share for square in squares.values)
    if record.is_good() and squares.complete and not counted:
        record.defect("total", f"population.csv has no residents to share {total} among", "Add its cells.")
    factor = total / counted if counted else 1.0
    cells = tuple(
        PopulationCell(
            id=square.id, outline=outline, residents=square.residents * square.share * factor, share=square.share
        )
        for square, outline in zip(squares.values, outlines, strict=False)
        if square.share > 0
    )
    return Population(cells=cells, total=total, census=census, source=source, factor=factor)


def read_outlines(record: Record, squares: Listing[Square]) -> tuple[Boundary, ...]:
    """The squares in degrees, none where their system cannot be read; one that is not on Earth is drawn at 0, 0."""
    crs = record.get("crs", Kind(_crs, CRS.from_epsg(3857)))
    if not record.is_good("crs"):
        return ()
    corners = [
        (s.x_m + dx * s.size_m, s.y_m + dy * s.size_m)
        for s in squares.values
        for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    forward = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    lons, lats = forward.transform(xs, ys) if corners else ([], [])
    degrees = [(float(lon), float(lat)) for lon, lat in zip(lons, lats, strict=True)]
    rings = [degrees[i : i + 4] for i in range(0, len(degrees), 4)]
    return tuple(_on_earth(ring, found.record) for ring, found in zip(rings, squares.items, strict=True))


def _on_earth(ring: Ring, record: Record) -> Boundary:
    if not all(math.isfinite(lon) and math.isfinite(lat) for lon, lat in ring):
        if record.is_good("x_m", "y_m", "size_m"):
            record.defect("x_m", "the square does not lie on the Earth", "Check x_m, y_m and the crs in city.yaml.")
        ring = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return Boundary({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
