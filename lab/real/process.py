"""Real devices as a part of the lab: one FRR with sshd and snmpd for each of the City's devices of platform frr.

Each stands in pid, mount and network namespaces of its own that die with it. That needs root; without
it these devices are left out, and `status` says so.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from city.errors import Failed, Refused
from city.inventory import Endpoint, Inventory
from city.model.city import City
from city.model.wired import Switch
from lab import daemon
from lab.daemon import Daemon
from lab.fleet.credentials import Credentials
from lab.fleet.process import snmp_access
from lab.params import SNMP_PORT, SSH_PORT, LabParams
from lab.part import Part
from lab.real.files import USER, Router, lay_out
from lab.real.packages import install, is_root

PLATFORM = "frr"
NEEDS_ROOT = "needs root"
Report = Callable[[str], None]
_PATIENCE_S = 60.0
_BETWEEN_S = 0.05
_REPOSITORY = Path(__file__).parents[2]


def routers(params: LabParams, city: City) -> tuple[Router, ...]:
    return tuple(
        Router(
            id=device.id, folder=params.root / "real" / device.id, address=params.address_of(index), ports=device.ports
        )
        for index, device in enumerate(city.devices)
        if isinstance(device, Switch) and device.platform == PLATFORM
    )


def up(params: LabParams, city: City, report: Report) -> None:
    """Start each real router that does not run yet; returns when all answer."""
    wanted = routers(params, city)
    if not wanted:
        return
    if not is_root():
        report(f"real routers: left out, as namespaces need root: {', '.join(router.id for router in wanted)}")
        return
    install(report)
    params.claim()
    credentials = Credentials(params.secrets)
    credentials.make()
    started = time.monotonic()
    for router in wanted:
        _start(params, router, credentials)
    for router in wanted:
        _await_ready(params, router)
    report(f"real routers: {len(wanted)} answer after {time.monotonic() - started:.1f} s")


def down(params: LabParams) -> None:
    """End them all; their startup configurations stay in the lab's folder."""
    _end(sorted((params.root / "run").glob("real-*.pid")))


def status(params: LabParams) -> tuple[Part, ...]:
    """One part for each router that was ever started here; where that takes root, one that says so."""
    if not is_root():
        return (Part(name="real routers", state=NEEDS_ROOT, address="", pid=None, memory_mb=0.0),)
    return tuple(_part(params, folder) for folder in sorted((params.root / "real").glob("*")))


def inventory(params: LabParams, city: City) -> Inventory:
    """How to reach each of them; empty without root, as then there are none."""
    if not is_root():
        return {}
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
    }


def fault(params: LabParams, city: City, devices: Iterable[str], changes: Mapping[str, object]) -> None:
    """`off` true or false. Raises Refused for any other fault: a real program has none to order."""
    if changes.keys() != {"off"}:
        raise Refused("a real router", f"it cannot be made {', '.join(changes)}", "It can be switched off and on.")
    chosen = [router for router in routers(params, city) if router.id in set(devices)]
    for router in chosen:
        if changes["off"]:
            _end([_pid_file(params, router.id)])
        else:
            _start(params, router, Credentials(params.secrets))
            _await_ready(params, router)


def _end(pid_files: Sequence[Path]) -> None:
    """Kill them, and wait for the kernel to have killed all that was inside with them."""
    running = [process for file in pid_files if (process := daemon.find(file)) is not None]
    inside = [one.pid for process in running for one in _family(process)]
    daemon.kill(pid_files)
    deadline = time.monotonic() + _PATIENCE_S
    while left := [pid for pid in inside if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > deadline:
            raise Failed(f"process {left[0]}", "it does not end", "Look whether it hangs in the kernel (state D).")
        time.sleep(_BETWEEN_S)


def _start(params: LabParams, router: Router, credentials: Credentials) -> None:
    if daemon.find(_pid_file(params, router.id)) is not None:
        return
    lay_out(router, credentials)
    (router.folder / "ready").unlink(missing_ok=True)
    daemon.start(
        Daemon(
            name=router.id,
            argv=(
                *("/usr/bin/unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"),
                *(sys.executable, "-m", "lab.real.cell"),
                *(str(router.folder), str(router.address), str(router.ports)),
            ),
            pid_file=_pid_file(params, router.id),
            log=params.logs / f"real-{router.id}.log",
            cwd=_REPOSITORY,
            env={"PATH": f"{os.defpath}:/usr/sbin:/sbin", "PYTHONPATH": str(_REPOSITORY), "PYTHONUNBUFFERED": "1"},
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


def _part(params: LabParams, folder: Path) -> Part:
    process = daemon.find(_pid_file(params, folder.name))
    return Part(
        name=folder.name,
        state="down" if process is None else "up",
        address=_address(folder),
        pid=None if process is None else process.pid,
        memory_mb=0.0 if process is None else sum(one.memory_mb for one in _family(process)),
    )


def _address(folder: Path) -> str:
    """Where its sshd listens, as its own file says."""
    words = (folder / "sshd_config").read_text(encoding="utf-8").split(maxsplit=2)
    return words[1] if words[:1] == ["ListenAddress"] else ""


def _family(process: daemon.Process) -> Iterator[daemon.Process]:
    """It and everything that it started."""
    yield process
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(daemon.Process(int(child), 0))


def _pid_file(params: LabParams, device_id: str) -> Path:
    return params.pid_file(f"real-{device_id}")
