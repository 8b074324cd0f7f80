"""The figures and the map as data, for programs."""

import json
from typing import Any

from city.model.city import City
from monitoring.promises.figure import as_json
from monitoring.snapshot import Snapshot


def kpi(snapshot: Snapshot) -> bytes:
    """`{"at": …, "promises": {id: figure}}`; the keys of a figure are those of `asty kpi --json`."""
    return _dump({"at": snapshot.at.isoformat(), "promises": as_json(snapshot.figures)})


def access_points(city: City, snapshot: Snapshot) -> bytes:
    """RFC 7946: one feature per access point, with its state at `at`."""
    features = [
        {
            "type": "Feature",
            "id": ap.id,
            "geometry": {"type": "Point", "coordinates": [ap.position.lon, ap.position.lat]},
            "properties": {
                "site": ap.site,
                "state": snapshot.state_of(ap.id).value,
                "height_m": ap.height_m,
                "position_status": ap.status.value,
            },
        }
        for ap in city.access_points
    ]
    return _dump({"type": "FeatureCollection", "at": snapshot.at.isoformat(), "features": features})


def _dump(content: Any) -> bytes:  # noqa: ANN401 - JSON is any JSON
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
