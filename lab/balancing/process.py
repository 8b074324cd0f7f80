"""The load balancers as a part of the lab: one agent for both regions, and an HAProxy per load balancer. Takes root."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon, Process
from lab.openstack.spec import kept_specs
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY
from lab.system import last_line

AGENT = "balancing"
_MODULE = "lab.balancing"


def up(params: LabParams, by: Sequence[str]) -> None:
    """Start the agent, unless it runs; `by` (lab.system.as_root) makes root of us. The packages must be there."""
    if daemon.find(params.pid_file(AGENT)) is None:
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


def down(params: LabParams, by: Sequence[str]) -> None:
    """End the agent and every load balancer; what they were to be stays written. Raises Failed."""
    command = [*by, *OURS, _MODULE, str(params.root), "end"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - own words
    if done.returncode:
        raise Failed("the load balancers", last_line(done.stderr), "As root, run the same again.")


def status(params: LabParams) -> Iterator[Part]:
    """The agent, then each load balancer that was ever started here and not removed."""
    yield _part(AGENT, params.pid_file(AGENT), "")
    for spec in kept_specs(params):
        for folder in sorted(spec.balancing.glob("lb-*")):
            yield _part(f"{spec.name} {folder.name}", folder / "pid", str(folder))


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
