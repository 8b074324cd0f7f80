"""Names as a part of the lab: one agent for both sites, and at each site a name server and a resolver."""

from collections.abc import Iterator
from pathlib import Path

from lab import daemon
from lab.daemon import Daemon
from lab.names.endpoint import Endpoint
from lab.names.places import places
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY

AGENT = "names"
_SERVERS = ("knot", "unbound")


def up(params: LabParams) -> None:
    """Start the agent, unless it runs. The packages must be there."""
    if daemon.find(params.pid_file(AGENT)) is None:
        daemon.start(
            Daemon(
                name="the agent of the names",
                argv=(*OURS, "lab.names", str(params.root)),
                pid_file=params.pid_file(AGENT),
                log=params.logs / f"{AGENT}.log",
                cwd=REPOSITORY,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            )
        )


def down(params: LabParams) -> None:
    """End the agent first, or it would start again what we end; what recoveries moved stays in the journals."""
    daemon.kill([params.pid_file(AGENT)])
    daemon.stop(place.exchange / server / "pid" for place in places(params) for server in _SERVERS)


def status(params: LabParams) -> Iterator[Part]:
    yield _part(AGENT, params.pid_file(AGENT), "")
    for place in places(params):
        for server, endpoint in zip(_SERVERS, (place.authority, place.resolver), strict=True):
            yield _part(f"{place.exchange.parent.name} {server}", place.exchange / server / "pid", _at(endpoint))


def _at(endpoint: Endpoint) -> str:
    return f"{endpoint.address}:{endpoint.port}"


def _part(name: str, pid_file: Path, address: str) -> Part:
    process = daemon.find(pid_file)
    return Part(
        name=name,
        state="up" if process else "down",
        address=address,
        pid=process.pid if process else None,
        memory_mb=process.memory_mb if process else 0.0,
    )
