"""The figures, the map, how services and switches stand, and how drills went, as data for programs."""

import json
from collections.abc import Collection
from typing import Any

from city.model.city import City
from monitoring.dashboard.estate import seen
from monitoring.figures.figure import as_json
from monitoring.probing.declared import Probed, probed
from monitoring.recovery import Recovery
from monitoring.snapshot import Snapshot, Standing


def kpi(snapshot: Snapshot) -> bytes:
    """`{"at": …, "observed_in": …, "promises": {id: figure}}`; the keys of a figure are those of `asty kpi --json`."""
    return _dump({**_taken(snapshot), "promises": as_json(snapshot.figures)})


def estate(city: City, snapshot: Snapshot, unprobed: Collection[str] = ()) -> bytes:
    """Every service and every switch by id, with its state at `at` and since when; null for longer than a week.

    A service that is probed has `probe`, `seen_from` (ids of vantage points) and `cause`; else they are null, none, and
    what the cloud says. `probed_here`: whether a probe asks it; false for the `unprobed`, which declare one that nobody
    here asks, null for those that declare none.
    """
    probes = {one.service: one for one in probed(city)}
    services = {
        service.id: {
            "name": {"el": service.name.el, "en": service.name.en},
            "tier": service.tier.value,
            **_standing(now := snapshot.standing_of(f"service:{service.id}")),
            **_seen(now, probes.get(service.id)),
            "probed_here": False if service.id in unprobed else True if service.id in probes else None,
        }
        for service in city.services
    }
    switches = {
        switch.id: {"site": switch.site, **_standing(snapshot.standing_of(f"device:{switch.id}"))}
        for switch in city.switches
    }
    return _dump({**_taken(snapshot), "services": services, "switches": switches})


def access_points(city: City, snapshot: Snapshot) -> bytes:
    """RFC 7946: one feature per access point; `state` is whether residents can use it, beside its device's."""
    features = [
        {
            "type": "Feature",
            "id": ap.id,
            "geometry": {"type": "Point", "coordinates": [ap.position.lon, ap.position.lat]},
            "properties": {
                "site": ap.site,
                "state": snapshot.access_point(ap.id).value,
                "device_state": snapshot.state_of(ap.id).value,
                "height_m": ap.height_m,
                "position_status": ap.status.value,
            },
        }
        for ap in city.access_points
    ]
    return _dump({"type": "FeatureCollection", **_taken(snapshot), "features": features})


def drills(snapshot: Snapshot, found: Recovery | None) -> bytes:
    """`{"at": …, "observed_in": …, "judged": …}`: what was judged last of the recovery site and of its drills.

    `judged` is null where nobody has judged yet; docs/auditor.md says what its keys mean.
    """
    return _dump({**_taken(snapshot), "judged": None if found is None else found.told})


def _taken(snapshot: Snapshot) -> dict[str, str]:
    return {"at": snapshot.at.isoformat(), "observed_in": snapshot.observed_in.value}


def _standing(now: Standing) -> dict[str, str | None]:
    return {"state": now.state.value, "since": None if now.since is None else now.since.isoformat()}


def _seen(now: Standing, one: Probed | None) -> dict[str, str | list[str] | None]:
    found = seen(now, one)
    return {"probe": found.probe or None, "seen_from": list(found.points), "cause": now.cause}


def _dump(content: Any) -> bytes:  # noqa: ANN401 - JSON is any JSON
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
