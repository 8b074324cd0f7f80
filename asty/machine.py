"""What the machine must offer, what it does offer, and how to get the rest. The judgement is pure."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from asty.letters import LETTERS
from asty.workspace import Workspace
from lab.left_out import LeftOut
from lab.openstack.environment import needs as openstack_needs
from lab.openstack.environment import uv
from lab.params import PORTS_PER_REGION, REGIONS
from lab.real.namespaces import lacking
from lab.real.packages import NEEDS as ROUTER_NEEDS
from lab.system import Need

_PYTHON = (3, 11)
_MEMORY_GB, _DISK_GB = 6.0, 8.0
"""Both regions, the fleet and a Pulumi run peak below 6 GiB; caches and state stay below 8."""
_LOOPBACK = "127.0.0.1"

PROGRAMS = {
    "git": ("the checkout", "apt-get install git"),
    "make": ("`make up` and `make test`", "apt-get install make"),
    "uv": ("Python packages", "`make` installs it by pip"),
    "apt-get": ("Debian packages", "Use Debian 12, or install the packages named below by your own means"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The machine, as far as anybody here asks. `programs` by name: the path, or None."""

    python: tuple[int, int]
    programs: Mapping[str, str | None]
    root: bool
    left_out: LeftOut | None
    """The part of the lab that this machine does not allow, if any."""
    memory_gb: float
    disk_gb: float
    packages: tuple[tuple[Need, bool], ...]
    letters: tuple[Need, ...]
    """The packages that draw letters in a PDF and are missing."""
    chromium: str | None
    pulumi: str | None
    taken_ports: tuple[int, ...]
    """Ports of the workspace that somebody else listens on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is needed. `blocking` says that `asty up` cannot do without it, nor get it by itself."""

    thing: str
    needed_for: str
    met: bool
    blocking: bool
    found: str
    remedy: str

    def as_json(self) -> dict[str, str | bool]:
        return {
            "thing": self.thing,
            "needed_for": self.needed_for,
            "met": self.met,
            "blocking": self.blocking,
            "found": self.found,
            "remedy": self.remedy,
        }


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that is needed, met or not."""
    version = ".".join(map(str, facts.python))
    yield Finding(
        thing="python",
        needed_for="all of it",
        met=facts.python >= _PYTHON,
        blocking=True,
        found=version,
        remedy="apt-get install python3, on Debian 12 or newer",
    )
    for name, (needed_for, remedy) in PROGRAMS.items():
        yield _program(name, needed_for, remedy, facts.programs.get(name))
    yield from _rights(facts)
    yield _namespaces(facts.left_out)
    yield from (_package(need, met=met, can_install=_can_install(facts)) for need, met in facts.packages)
    yield Finding(
        thing="pulumi",
        needed_for="the clouds as code",
        met=facts.pulumi is not None,
        blocking=False,
        found=facts.pulumi or "not found",
        remedy="`asty up` downloads it, or builds it from Go modules; or install it so that it is on PATH",
    )
    missing = ", ".join(need.package for need in facts.letters)
    yield Finding(
        thing="letters",
        needed_for="the report of a drill as PDF alone",
        met=not facts.letters,
        blocking=False,
        found=f"not installed: {missing}" if missing else "can be drawn",
        remedy="`asty drill report --pdf` installs what draws them",
    )
    yield Finding(
        thing="chromium",
        needed_for="the tests of the dashboard alone",
        met=facts.chromium is not None,
        blocking=False,
        found=facts.chromium or "not found",
        remedy="apt-get install chromium",
    )
    yield _enough("memory", "two OpenStack regions and the devices", facts.memory_gb, _MEMORY_GB, "Close something big")
    yield _enough("disk", "caches and the lab's state", facts.disk_gb, _DISK_GB, "Free some, or set XDG_STATE_HOME")
    yield Finding(
        thing="ports",
        needed_for="the lab's APIs and the dashboard, on 127.0.0.1",
        met=not facts.taken_ports,
        blocking=True,
        found=f"taken: {', '.join(map(str, facts.taken_ports))}" if facts.taken_ports else "free, or ours",
        remedy="End who listens there, or give --workspace, --base-port and --base-address of your own",
    )


def _program(name: str, needed_for: str, remedy: str, path: str | None) -> Finding:
    return Finding(
        thing=name,
        needed_for=needed_for,
        met=path is not None,
        blocking=name == "git",
        found=path or "not found",
        remedy=remedy,
    )


def _rights(facts: Facts) -> Iterator[Finding]:
    missing = not all(met for _, met in facts.packages)
    way = "root" if facts.root else f"sudo at {facts.programs['sudo']}" if facts.programs.get("sudo") else "neither"
    yield Finding(
        thing="root or sudo",
        needed_for="installing Debian packages",
        met=way != "neither",
        blocking=missing,
        found=way,
        remedy="Run as root, or have sudo installed and yourself allowed",
    )


def _namespaces(left_out: LeftOut | None) -> Finding:
    return Finding(
        thing="namespaces",
        needed_for="the servers of the clouds, and the real router",
        met=left_out is None,
        blocking=False,
        found="can be made" if left_out is None else left_out.reason,
        remedy="" if left_out is None else f"{left_out.remedy} Until then `asty up` leaves both out",
    )


def _can_install(facts: Facts) -> bool:
    return bool(facts.programs.get("apt-get")) and (facts.root or bool(facts.programs.get("sudo")))


def _package(need: Need, *, met: bool, can_install: bool) -> Finding:
    by_itself = " (`asty lab up` does it by itself)" if can_install else ""
    return Finding(
        thing=f"package {need.package}",
        needed_for=need.why,
        met=met,
        blocking=not can_install,
        found=str(need.shown_by) if met else "not installed",
        remedy=f"apt-get install --no-install-recommends {need.package}{by_itself}",
    )


def _enough(thing: str, needed_for: str, found_gb: float, wanted_gb: float, remedy: str) -> Finding:
    return Finding(
        thing=thing,
        needed_for=needed_for,
        met=found_gb >= wanted_gb,
        blocking=False,
        found=f"{found_gb:.1f} GiB free",
        remedy=f"{remedy}: {wanted_gb:.0f} GiB are wanted",
    )


def inspect(workspace: Workspace, *, lab_is_ours: bool) -> Facts:
    """Look at this machine. Changes nothing; `lab_is_ours` says that our own lab may hold the ports."""
    return Facts(
        python=sys.version_info[:2],
        programs={**{name: shutil.which(name) for name in (*PROGRAMS, "sudo")}, "uv": uv()},
        root=os.geteuid() == 0,
        left_out=lacking(),
        memory_gb=memory_gb(Path("/proc/meminfo").read_text(encoding="ascii")),
        disk_gb=shutil.disk_usage(_existing(workspace.home)).free / 2**30,
        packages=tuple((need, need.met) for need in (*openstack_needs(), *ROUTER_NEEDS)),
        letters=tuple(need for need in LETTERS if not need.met),
        chromium=shutil.which("chromium"),
        pulumi=_pulumi(shutil.which, workspace.caches),
        taken_ports=() if lab_is_ours else tuple(_taken(_ports(workspace))),
    )


def memory_gb(meminfo: str) -> float:
    """GiB that can be had without swapping (MemAvailable of proc(5))."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    return int(fields["MemAvailable"].split()[0]) / 2**20


def _pulumi(which: Callable[[str], str | None], caches: Path) -> str | None:
    """On PATH, or what an earlier run fetched or built."""
    kept = sorted((caches / "pulumi").glob("*/bin/pulumi"))
    return which("pulumi") or (str(kept[-1]) if kept else None)


def _ports(workspace: Workspace) -> Iterable[int]:
    yield from range(workspace.base_port, workspace.base_port + REGIONS * PORTS_PER_REGION)
    yield workspace.dashboard_port


def _taken(ports: Iterable[int]) -> Iterator[int]:
    for port in ports:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((_LOOPBACK, port)) == 0:
                yield port


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
