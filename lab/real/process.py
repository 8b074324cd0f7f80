"""Real devices as a part of the lab: one FRR with sshd and snmpd for each of the City's devices of platform frr.

Each stands in pid, mount and network namespaces of its own that die with it. To start and to end it takes root, or
sudo, and a kernel that lets root make namespaces. Where a machine lacks these, the routers are left out: `up` returns
the reason, and `status` says so.
"""

import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from city.errors import Failed, Refused
from city.inventory import Endpoint, Inventory
from city.model.city import City
from city.model.wired import Switch
from lab import daemon
from lab.daemon import Daemon
from lab.fleet.credentials import Credentials
from lab.fleet.reach import snmp_access
from lab.left_out import LeftOut
from lab.params import SNMP_PORT, SSH_PORT, LabParams
from lab.part import Part
from lab.real.files import USER, Router, lay_out
from lab.real.namespaces import PART, lacking
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import as_root

PLATFORM = "frr"
NEEDS_ROOT = "needs root"
Report = Callable[[str], None]
_KILL = 'kill -KILL "$@"; true'
"""A constant script for sh: `$@` are the processes, of which one may have ended just now."""
_PATIENCE_S = 60.0
_BETWEEN_S = 0.05


def routers(params: LabParams, city: City) -> tuple[Router, ...]:
    return tuple(
        Router(
            id=device.id, folder=params.root / "real" / device.id, address=params.address_of(index), ports=device.ports
        )
        for index, device in enumerate(city.devices)
        if isinstance(device, Switch) and device.platform == PLATFORM
    )


def up(params: LabParams, city: City, report: Report) -> LeftOut | None:
    """Start each real router that does not run yet; returns when all answer, or why there are none."""
    wanted = routers(params, city)
    started = time.monotonic()
    if missing := [router for router in wanted if daemon.find(_pid_file(params, router.id)) is None]:
        if found := lacking(PART):
            report(str(found))
            return found.of(_ids(wanted))
        by = _rights(missing[0].id)
        install(by, report)
        params.claim()
        credentials = Credentials(params.secrets)
        credentials.make()
        for router in missing:
            _start(params, router, credentials, by)
    for router in wanted:
        _await_ready(params, router)
    if wanted:
        report(f"real routers: {len(wanted)} answer after {time.monotonic() - started:.1f} s")
    return None


def spared(params: LabParams, city: City, report: Report) -> LeftOut | None:
    """As `up`; a router that does not come up is left out, since the rest of the lab does not need it."""
    try:
        return up(params, city, report)
    except Failed as error:
        found = LeftOut(part=PART, reason=f"{error.thing}: {error.problem}", remedy=error.remedy)
        report(str(found))
        return found.of(_ids(routers(params, city)))


def down(params: LabParams) -> None:
    """End them all; their startup configurations stay in the lab's folder."""
    _end(sorted((params.root / "run").glob("real-*.pid")))


def remove(folder: Path) -> None:
    """Remove a lab's folder, or what is left of one, with the files in it that are a real router's daemons' own."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _as_root(f"folder {folder}", "rm", "-rf", "--", str(folder))


def status(params: LabParams, city: City) -> tuple[Part, ...]:
    """One part for each router that the city has, or that was ever started here."""
    started = {folder.name for folder in (params.root / "real").glob("*")}
    return tuple(_part(params, name) for name in sorted(started | {router.id for router in routers(params, city)}))


def inventory(params: LabParams, city: City) -> Inventory:
    """How to reach each of them that was ever started here; without root there are none."""
    credentials = Credentials(params.secrets)
    return {
        router.id: Endpoint(
            device=router.id,
            address=router.address,
            ssh_port=SSH_PORT,
            snmp_port=SNMP_PORT,
            user=USER,
            password=credentials.ref("device-password"),
            host_key=credentials.public_host_key(router.id),
            snmp=snmp_access(credentials, city.device(router.id).tags),
        )
        for router in routers(params, city)
        if router.folder.exists()
    }


def fault(params: LabParams, city: City, devices: Iterable[str], changes: Mapping[str, object]) -> None:
    """`off` true or false. Raises Refused for any other fault: a real program has none to order."""
    if changes.keys() != {"off"}:
        raise Refused("a real router", f"it cannot be made {', '.join(changes)}", "It can be switched off and on.")
    chosen = [router for router in routers(params, city) if router.id in set(devices)]
    for router in chosen:
        if changes["off"]:
            _end([_pid_file(params, router.id)])
        elif daemon.find(_pid_file(params, router.id)) is None:
            _start(params, router, Credentials(params.secrets), _rights(router.id))
            _await_ready(params, router)


def _ids(found: Iterable[Router]) -> tuple[str, ...]:
    return tuple(router.id for router in found)


def _end(pid_files: Sequence[Path]) -> None:
    """Kill them, and wait for the kernel to have killed all that was inside with them."""
    running = [process for file in pid_files if (process := daemon.find(file)) is not None]
    inside = [one.pid for process in running for one in process.family()]
    if running:
        _as_root("the real router", "sh", "-c", _KILL, "sh", *(str(one.pid) for one in running))
    deadline = time.monotonic() + _PATIENCE_S
    while left := [pid for pid in inside if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > deadline:
            raise Failed(f"process {left[0]}", "it does not end", "Look whether it hangs in the kernel (state D).")
        time.sleep(_BETWEEN_S)
    daemon.kill(pid_files)


def _as_root(thing: str, *argv: str) -> None:
    done = subprocess.run([*_rights(thing), *argv], capture_output=True, text=True, check=False)  # noqa: S603 - own paths and pids
    if done.returncode:
        raise Failed(thing, f"{argv[0]}: {done.stderr.strip()[-500:]}", f"As root: {shlex.join(argv)}")


def _rights(thing: str) -> list[str]:
    by = as_root()
    if by is None:
        raise Failed(thing, "only root may touch it", "Do this as root, or where sudo works.")
    return by


def _start(params: LabParams, router: Router, credentials: Credentials, by: Sequence[str]) -> None:
    lay_out(router, credentials)
    (router.folder / "ready").unlink(missing_ok=True)
    daemon.start(
        Daemon(
            name=router.id,
            argv=(
                *("/usr/bin/env", "-i", f"PATH={os.defpath}:/usr/sbin:/sbin", "PYTHONUNBUFFERED=1"),
                *("/usr/bin/unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"),
                *(*OURS, "lab.real.cell"),
                *(str(router.folder), str(router.address), str(router.ports)),
            ),
            pid_file=_pid_file(params, router.id),
            log=params.logs / f"real-{router.id}.log",
            cwd=REPOSITORY,
            env={},
            by=tuple(by),
        )
    )


def _await_ready(params: LabParams, router: Router) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while daemon.find(_pid_file(params, router.id)) is not None and time.monotonic() < deadline:
        if (router.folder / "ready").exists() and _answers(router):
            return
        time.sleep(_BETWEEN_S)
    raise Failed(router.id, "the real router did not come up", f"Read {params.logs / f'real-{router.id}.log'}.")


def _answers(router: Router) -> bool:
    try:
        socket.create_connection((str(router.address), SSH_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def _part(params: LabParams, name: str) -> Part:
    folder = params.root / "real" / name
    part = Part.of(name, _pid_file(params, name), _address(folder))
    without_root = part.pid is None and not folder.exists() and os.geteuid() != 0
    return replace(part, state=NEEDS_ROOT) if without_root else part


def _address(folder: Path) -> str:
    """Where its sshd listens, as its own file says; empty for one that was never started."""
    try:
        words = (folder / "sshd_config").read_text(encoding="utf-8").split(maxsplit=2)
    except FileNotFoundError:
        return ""
    return words[1] if words[:1] == ["ListenAddress"] else ""


def _pid_file(params: LabParams, device_id: str) -> Path:
    return params.pid_file(f"real-{device_id}")
