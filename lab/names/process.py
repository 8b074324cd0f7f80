"""Names as a part of the lab: one agent for both sites, and at each site a name server and a resolver."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon
from lab.names.endpoint import Endpoint
from lab.names.places import places
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY
from lab.system import last_line

AGENT = "names"
_MODULE = "lab.names"
SERVERS = ("knot", "unbound")


def up(params: LabParams, by: Sequence[str]) -> None:
    """Start the agent, unless it runs; `by` (lab.system.as_root) makes root of us. The packages must be there."""
    if daemon.find(params.pid_file(AGENT)) is None:
        daemon.start(
            Daemon(
                name="the agent of the names",
                argv=(*OURS, _MODULE, str(params.root)),
                pid_file=params.pid_file(AGENT),
                log=params.logs / f"{AGENT}.log",
                cwd=REPOSITORY,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
                by=tuple(by),
            )
        )


def down(params: LabParams, by: Sequence[str]) -> None:
    """End the agent, name servers and resolvers; what they serve stays written. Raises Failed."""
    command = [*by, *OURS, _MODULE, str(params.root), "end"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - own words
    if done.returncode:
        raise Failed("the names", last_line(done.stderr), "As root, run the same again.")


def status(params: LabParams) -> Iterator[Part]:
    yield _part(AGENT, params.pid_file(AGENT), "")
    for place in places(params):
        for server, endpoint in zip(SERVERS, (place.authority, place.resolver), strict=True):
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
