"""The fleet as a part of the lab: one process that serves every emulated device, started, asked and ended."""

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from city.errors import Failed
from city.model.city import City
from lab import daemon
from lab.daemon import Daemon
from lab.fleet import control, patience, roster
from lab.fleet.credentials import Credentials
from lab.fleet.hardware import fleet_hardware
from lab.fleet.patience import Count
from lab.params import LabParams
from lab.system import Report

STRETCH_S = 60.0
"""How long the fleet may go without progress before it is given up."""
_GRACE_S = 1.0
"""How long a fleet that stalled may take to end by itself. It starts no other process."""
_REPOSITORY = Path(__file__).parents[2]


def up(params: LabParams, city: City, report: Report) -> None:
    """Start the fleet, unless it runs already for this city with this code; returns when every device has booted.

    Waits as long as more devices answer than before. Raises Failed where the fleet ends, or makes no progress
    for a while: then it was ended, and its log says how far it came.
    """
    devices = fleet_hardware(city)
    wanted = roster.Roster(code=_code(), zone=city.time_zone, devices=devices)
    file = params.root / "fleet.json"
    if daemon.find(params.pid_file("fleet")) is not None:
        if file.exists() and roster.read(file) == wanted:
            report(f"fleet: {len(devices)} devices are served already")
            return
        report("fleet: the city or the fleet's own code changed, so it starts anew")
        down(params)
    params.claim()
    Credentials(params.secrets).make()
    roster.write(wanted, file)
    (params.root / control.SOCKET).unlink(missing_ok=True)
    started = time.monotonic()
    daemon.start(_daemon(params))
    _await_whole(params, len(devices))
    report(f"fleet: {len(devices)} devices served after {time.monotonic() - started:.1f} s")


def down(params: LabParams) -> None:
    """End the fleet; its devices' states stay in the lab's folder."""
    daemon.stop([params.pid_file("fleet")])
    (params.root / control.SOCKET).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """`answering` of `devices` can be reached; `faults` has the fields of those that are not well, by device."""

    running: bool
    devices: int = 0
    answering: int = 0
    faults: Mapping[str, Mapping[str, object]]
    memory_mb: float = 0.0


def status(params: LabParams) -> FleetStatus:
    process = daemon.find(params.pid_file("fleet"))
    if process is None:
        return FleetStatus(running=False, faults={})
    found = control.ask(params.root, {"do": "status"})
    faults = found["faults"]
    return FleetStatus(
        running=True,
        devices=int(str(found["devices"])),
        answering=int(str(found["answering"])),
        faults=faults if isinstance(faults, dict) else {},
        memory_mb=process.memory_mb,
    )


def _code() -> str:
    files = (file for folder in (_REPOSITORY / "lab" / "fleet", _REPOSITORY / "snmp") for file in folder.rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sorted(files))).hexdigest()


def _daemon(params: LabParams) -> Daemon:
    return Daemon(
        name="fleet",
        argv=(sys.executable, "-m", "lab.fleet", str(params.root)),
        pid_file=params.pid_file("fleet"),
        log=params.logs / "fleet.log",
        cwd=_REPOSITORY,
        env={"PATH": os.defpath, "PYTHONPATH": str(_REPOSITORY), "PYTHONUNBUFFERED": "1"},
    )


def _await_whole(params: LabParams, devices: int) -> None:
    """Until every device is as it will stay. A fleet that stalls is ended; that it was, its log says at the end."""
    reached = patience.wait(lambda: _settled(params, devices), STRETCH_S)
    if reached.whole and daemon.find(params.pid_file("fleet")) is not None:
        return
    daemon.stop([params.pid_file("fleet")], patience_s=_GRACE_S)
    (params.root / control.SOCKET).unlink(missing_ok=True)
    log = params.logs / "fleet.log"
    said = f"given up: {reached} devices answered, and no more for {STRETCH_S:g} s"
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{said}\n")
    raise Failed("the fleet", said, f"Read {log}.")


def _settled(params: LabParams, devices: int) -> Count:
    """How many are; none while the fleet takes no questions. Raises Failed where its process has ended."""
    if daemon.find(params.pid_file("fleet")) is None:
        raise Failed("the fleet", "it ended as it came up", f"Read {params.logs / 'fleet.log'}.")
    if not (params.root / control.SOCKET).exists():
        return Count(0, devices)
    try:
        return Count(int(str(control.ask(params.root, {"do": "status"})["settled"])), devices)
    except Failed:
        return Count(0, devices)
