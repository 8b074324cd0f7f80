"""A fault of a site's cloud, and the record of those that stand: written before a fault begins, so that a kill in the
middle leaves what a clear mends.

The record lies in the region's folder and goes with it. `asty lab up` ends every fault of a region.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from city.discovery import records
from city.errors import InvalidInput
from lab import site_faults
from lab.openstack.spec import RegionSpec
from lab.system import Report

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFault:
    """`asks` names what it must be told besides the site. Both actions may be repeated.

    `begin` raises InvalidInput before it does anything. After `end` the region's services are started that do not run.
    """

    begin: Callable[[RegionSpec, Told], None]
    end: Callable[[RegionSpec], None]
    asks: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`told` is what the fault was told besides its site."""

    kind: str
    told: Told


def kinds() -> dict[str, SiteFault]:
    """Every fault of a site, by the name that an operator gives it."""
    return {name.replace("_", "-"): found for name, found in records(site_faults, SiteFault).items()}


def begin(spec: RegionSpec, kind: str, told: Told) -> None:
    """Make it befall the site. Raises what the fault raises."""
    before = list(standing(spec))
    _write(spec, [*(one for one in before if one != Standing(kind, told)), Standing(kind, told)])
    try:
        kinds()[kind].begin(spec, told)
    except InvalidInput:
        _write(spec, before)
        raise


def end(spec: RegionSpec, report: Report) -> None:
    """End every fault of the site, the newest first; what of it does not run is then to be started."""
    known = kinds()
    for one in reversed(list(standing(spec))):
        if one.kind in known:
            known[one.kind].end(spec)
        _write(spec, [other for other in standing(spec) if other != one])
        report(f"region {spec.name}: {one.kind} ends")


def standing(spec: RegionSpec) -> Iterator[Standing]:
    """In the order in which they came."""
    try:
        found = json.loads(_file(spec).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    yield from (Standing(str(one["kind"]), dict(one["told"])) for one in found)


def _write(spec: RegionSpec, faults: list[Standing]) -> None:
    partial = _file(spec).with_suffix(".new")
    partial.write_text(json.dumps([{"kind": one.kind, "told": one.told} for one in faults]) + "\n", encoding="utf-8")
    partial.replace(_file(spec))


def _file(spec: RegionSpec) -> Path:
    return spec.folder / "faults.json"
