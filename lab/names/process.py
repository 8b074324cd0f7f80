"""Names as a part of the lab: one agent for both sites, and at each site a name server and a resolver."""

import subprocess
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon
from lab.names import packages
from lab.names.endpoint import Endpoint
from lab.names.places import endpoints
from lab.openstack.spec import kept_specs
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import Report, as_root, last_line

AGENT = "names"
_MODULE = "lab.names"
SERVERS = ("knot", "unbound")


def up(params: LabParams, report: Report) -> None:
    """Have the agent, which starts what Designate declares. It becomes root where the lab's network is to be entered.

    Raises Failed where a package cannot be installed, or the agent cannot be started.
    """
    if daemon.find(params.pid_file(AGENT)) is None:
        by = as_root()
        install(by or (), report, packages.NEEDS, packages.__name__)
        daemon.start(
            Daemon(
                name="the agent of the names",
                argv=(*OURS, _MODULE, str(params.root)),
                pid_file=params.pid_file(AGENT),
                log=params.logs / f"{AGENT}.log",
                cwd=REPOSITORY,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
                by=tuple(by or ()),
            )
        )
        report("names: their agent runs")


def down(params: LabParams) -> None:
    """End the agent, name servers and resolvers; what they serve stays written. Raises Failed."""
    if any(part.state == "up" for part in status(params)):
        command = [*(as_root() or ()), *OURS, _MODULE, str(params.root), "end"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - own words
        if done.returncode:
            raise Failed("the names", last_line(done.stderr), "As root, run the same again.")


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, and the servers of each site that were ever started; nothing where there never were any."""
    agent = _part(AGENT, params.pid_file(AGENT), "")
    parts = [
        _part(f"{spec.name} {server}", spec.names / server / "pid", _at(endpoint))
        for spec in kept_specs(params)
        for server, endpoint in zip(SERVERS, endpoints(params, spec.index), strict=True)
        if (spec.names / server).exists()
    ]
    return (*([agent] if params.hosts or agent.pid else []), *parts)


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
