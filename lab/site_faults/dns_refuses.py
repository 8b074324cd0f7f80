"""The site's resolver refuses every question (RCODE 5 of RFC 1035); the site's name server still knows every answer."""

import time
from collections.abc import Callable
from pathlib import Path

from city.errors import Failed, InvalidInput
from lab import daemon
from lab.names import process
from lab.names.site import REFUSES
from lab.openstack.spec import RegionSpec
from lab.site_fault import SiteFault, Told

_PATIENCE_S, _BETWEEN_S = 20.0, 0.05


def _begin(spec: RegionSpec, _told: Told) -> None:
    if not process.AGENT.runs(spec.params):
        raise InvalidInput(f"site {spec.name}", "no resolver runs in this lab", "Run `asty lab up --hosts`.")
    if not _file(spec).exists():
        _restarted(spec, lambda: _file(spec).touch())


def _end(spec: RegionSpec) -> None:
    if _file(spec).exists():
        _restarted(spec, lambda: _file(spec).unlink())


def _file(spec: RegionSpec) -> Path:
    return spec.names / REFUSES


def _restarted(spec: RegionSpec, change: Callable[[], None]) -> None:
    """Returns when another resolver runs: each configuration is a process of its own. At once where nobody keeps it."""
    pid_file = spec.names / "unbound" / "pid"
    before, deadline = daemon.find(pid_file), time.monotonic() + _PATIENCE_S
    change()
    while process.AGENT.runs(spec.params) and daemon.find(pid_file) in {before, None}:
        if time.monotonic() > deadline:
            raise Failed(f"site {spec.name}", "its resolver stays as it was", f"Read {process.AGENT.log(spec.params)}.")
        time.sleep(_BETWEEN_S)


FAULT = SiteFault(begin=_begin, end=_end)
