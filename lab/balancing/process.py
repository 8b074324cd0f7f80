"""The load balancers as a part of the lab: one agent for both regions, and an HAProxy per load balancer. Takes root."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from city.errors import Failed
from lab import cells, daemon
from lab.balancing import packages
from lab.balancing.places import prefix
from lab.daemon import Daemon, Process
from lab.left_out import LeftOut
from lab.net import names
from lab.openstack.spec import kept_specs
from lab.params import LabParams
from lab.part import Part
from lab.real import namespaces
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import Report, as_root, last_line

PART = "the clouds' load balancers"
AGENT = "balancing"
_MODULE = "lab.balancing"


def up(params: LabParams, report: Report) -> LeftOut | None:
    """Have the agent, which starts what Octavia declares; returns why there can be none, where there can be none.

    Raises Failed where a package cannot be installed, or the agent cannot be started.
    """
    if found := lacking():
        report(str(found))
        return found
    if daemon.find(params.pid_file(AGENT)) is None:
        by = _rights()
        install(by, report, packages.NEEDS, packages.__name__)
        daemon.start(
            Daemon(
                name="the agent of the load balancers",
                argv=(*OURS, _MODULE, str(params.root)),
                pid_file=params.pid_file(AGENT),
                log=params.logs / f"{AGENT}.log",
                cwd=REPOSITORY,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
                by=tuple(by),
            )
        )
        report("load balancers: their agent runs")
    return None


def lacking() -> LeftOut | None:
    """Why no load balancer can run here; None where they can."""
    found = namespaces.lacking()
    return None if found is None else replace(found, part=PART)


def down(params: LabParams) -> None:
    """End the agent and every load balancer; what they were to be stays written. Raises Failed."""
    if any(part.state != "down" for part in status(params)):
        command = [*_rights(), *OURS, _MODULE, str(params.root), "end"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - own words
        if done.returncode:
            raise Failed(PART, last_line(done.stderr), "As root, run the same again.")


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, and each load balancer that was ever started and not removed; nothing where there never was one."""
    folders = [(spec, folder) for spec in kept_specs(params) for folder in sorted(spec.balancing.glob("lb-*"))]
    parts = [_part(f"{spec.name} {folder.name}", folder / "pid", str(folder)) for spec, folder in folders]
    agent = _part(AGENT, params.pid_file(AGENT), "")
    owned = {names.device(params, folder.name) for _, folder in folders}
    unowned = [name for name in cells.beginning(prefix(params)) if name not in owned]
    lost = [
        Part(name=f"network namespace {name}", state="unowned", address="", pid=None, memory_mb=0.0) for name in unowned
    ]
    return (*([agent] if params.hosts or agent.pid else []), *parts, *([] if agent.pid else lost))


def _unowned(namespace: str) -> Part:
    return Part(name=f"network namespace {namespace}", state="unowned", address="", pid=None, memory_mb=0.0)


def _rights() -> list[str]:
    by = as_root()
    if by is None:
        raise Failed(PART, "only root may touch them", "Do this as root, or where sudo works.")
    return by


def _part(name: str, pid_file: Path, address: str) -> Part:
    process = daemon.find(pid_file)
    return Part(
        name=name,
        state="up" if process else "down",
        address=address,
        pid=process.pid if process else None,
        memory_mb=sum(one.memory_mb for one in _family(process)) if process else 0.0,
    )


def _family(process: Process) -> Iterator[Process]:
    """A master and its workers."""
    yield process
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    yield from (Process(int(child), 0) for child in children)
