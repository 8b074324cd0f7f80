"""The lab's network as a part of the lab: one agent of root's for both regions. Its face to the rest of the lab.

Where a machine does not let root make network namespaces, or its kernel shows bridged packets to no rule, the network
is left out and said so: nothing filters and nothing forwards there, and nothing pretends to.
"""

import json
import subprocess
import time
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon
from lab.left_out import LeftOut
from lab.net import kernel, names
from lab.net.agent import address, tell
from lab.net.backbone import GATE
from lab.openstack.environment import environment_folder
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY
from lab.system import Need, Report, as_root, ensure, last_line

PART = "the network between servers"
NEEDS = (
    Need(package="iproute2", why="bridges, cables and routers of the lab's network", shown_by=Path("/usr/sbin/ip")),
    Need(package="nftables", why="the rules of the clouds' security groups", shown_by=Path("/usr/sbin/nft")),
)
_TRY = (
    *("/usr/bin/unshare", "--net", "/bin/sh", "-c"),
    "cd /proc/sys/net/bridge || modprobe br_netfilter; test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
)
"""A constant script: a namespace in which a bridge shows its packets to the rules."""
_WITHOUT_ROOT = LeftOut(
    part=PART,
    reason="namespaces need root, and this user cannot become root",
    remedy="Run as root, or where sudo works.",
)
_KILL = 'kill -KILL "$@"; true'
"""A constant script for sh: `$@` are processes, of which one may have ended just now."""


def lacking() -> LeftOut | None:
    """Why there can be no network here; None where there can be one."""
    by = as_root()
    if by is None:
        return _WITHOUT_ROOT
    done = subprocess.run([*by, *_TRY], capture_output=True, text=True, check=False)  # noqa: S603 - a constant command
    if done.returncode == 0:
        return None
    return LeftOut(
        part=PART,
        reason=f"this machine filters no bridges in namespaces ({last_line(done.stderr)})",
        remedy="Run where root has CAP_SYS_ADMIN and the kernel has br_netfilter.",
    )


def up(params: LabParams, report: Report) -> LeftOut | None:
    """Start the agent, if it does not run; returns after its first round. Both regions must be up.

    Raises Failed where it ends or cannot do its work; returns why there is no network where the machine allows none.
    """
    if daemon.find(_pid_file(params)) is None:
        if found := lacking():
            report(str(found))
            return found
        ensure(NEEDS, report)
        address(params).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # ours, though the agent is root's
        address(params).unlink(missing_ok=True)
        _start(params)
    said = _first_round(params)
    report(f"network: {len(names_of(params))} namespaces, {said['steps']} steps")
    return None


def _start(params: LabParams) -> None:
    python = environment_folder() / "bin" / "python"
    daemon.start(
        Daemon(
            name=PART,
            argv=(*OURS, "lab.net", str(params.root), str(python)),
            pid_file=_pid_file(params),
            log=_log(params),
            cwd=REPOSITORY,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            by=tuple(as_root() or ()),
        )
    )


def _first_round(params: LabParams) -> dict[str, object]:
    remedy = f"Read {_log(params)}."
    while daemon.find(_pid_file(params)) is not None:
        try:
            said = tell(params)
        except (FileNotFoundError, ConnectionError):
            time.sleep(daemon.POLL_S)
            continue
        except (OSError, json.JSONDecodeError) as error:
            raise Failed(PART, f"its agent does not answer ({error})", remedy) from error
        if said["problems"]:
            raise Failed(PART, "; ".join(map(str, said["problems"])), remedy)  # type: ignore[call-overload]
        return said
    raise Failed(PART, "its agent ended", remedy)


def down(params: LabParams) -> None:
    """End the agent and the relay, and remove everything that they made. Raises Failed with what could not be."""
    running = [one for file in _pid_files(params) if (one := daemon.find(file)) is not None]
    if running:
        _as_root("/bin/sh", "-c", _KILL, "sh", *(str(one.pid) for one in running))
        daemon.kill(_pid_files(params))
    if leftovers(params):
        _as_root(*OURS, "lab.net.remove", str(params.root))
    address(params).unlink(missing_ok=True)


def _as_root(*argv: str) -> None:
    done = subprocess.run([*(as_root() or ()), *argv], capture_output=True, text=True, check=False)  # noqa: S603 - own paths and pids
    if done.returncode:
        raise Failed(PART, last_line(done.stderr), "Do this as root, or where sudo works.")


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, the relay while one is needed, and whatever has no owner; nothing where there never was a network."""
    running = [(file.stem, one) for file in _pid_files(params) if (one := daemon.find(file)) is not None]
    parts = [
        Part(name=name, state="up", address=str(address(params)), pid=one.pid, memory_mb=one.memory_mb)
        for name, one in running
    ]
    if not parts and params.hosts:
        parts = [Part(name="net", state="down", address="", pid=None, memory_mb=0.0)]
    unowned = [Part(name=one, state="unowned", address="", pid=None, memory_mb=0.0) for one in leftovers(params)]
    return (*parts, *unowned)


def leftovers(params: LabParams) -> tuple[str, ...]:
    """What of this lab's network is on the machine although no agent owns it."""
    if daemon.find(_pid_file(params)) is not None:
        return ()
    gate = names.place(params, GATE)
    link = [f"interface {gate}"] if (Path("/sys/class/net") / gate).exists() else []
    return (*(f"network namespace {name}" for name in names_of(params)), *link)


def names_of(params: LabParams) -> list[str]:
    """The namespaces that are this lab's network's own."""
    return sorted(name for name in kernel.names(names.mark(params)) if names.ours(params, name))


def _pid_file(params: LabParams) -> Path:
    return params.pid_file("net")


def _pid_files(params: LabParams) -> tuple[Path, Path]:
    return _pid_file(params), params.pid_file("net-relay")


def _log(params: LabParams) -> Path:
    return params.logs / "net.log"
