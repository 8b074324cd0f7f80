"""The faults that stand at each guest, written before they begin: so what a kill cut off is known.

The record lies in the guest's folder and goes with it. A fault whose time is over (lab.hosts.fault.Lasts) is in the
record, and does not stand.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from city.discovery import records
from city.errors import InvalidInput, Refused
from city.processes import start_time
from lab.hosts import faults
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.folder import GuestFolder
from lab.hosts.life import Life

KINDS: Mapping[str, HostFault] = {name.replace("_", "-"): found for name, found in records(faults, HostFault).items()}
"""Every fault of a guest, by the name that an operator gives it."""
POWER_OFF = "power-off"
"""The one whose end is the work of the cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Befallen:
    """`told` is what the fault was told besides its guest; `run` is that of the guest which it befell."""

    kind: str
    told: Told
    run: str


def begin(life: Life, guest_id: str, kind: str, told: Told) -> None:
    """Make it befall the guest. Raises InvalidInput for a fault that nobody knows, and what the fault raises."""
    if kind not in KINDS:
        raise InvalidInput(f"fault {kind}", "no server knows it", f"Name one of {', '.join(KINDS)}.")
    folder = life.home.of(guest_id)
    before = list(standing(life, guest_id))
    run = "" if KINDS[kind].lasts is Lasts.OFF else _run(life, folder)
    new = Befallen(kind=kind, told=dict(told), run=run)
    _write(folder, [*(one for one in before if one != new), new])
    try:
        KINDS[kind].begin(life, guest_id, told)
    except (InvalidInput, Refused):  # said before anything was done
        _write(folder, before)
        raise


def end(life: Life, guest_id: str) -> None:
    """End what stands, the newest first."""
    left = list(standing(life, guest_id))
    while left:
        KINDS[left[-1].kind].end(life, guest_id, left[-1].told)
        left.pop()
        _write(life.home.of(guest_id), left)


def standing(life: Life, guest_id: str) -> Iterator[Befallen]:
    """In the order in which they came."""
    folder = life.home.of(guest_id)
    run = _run(life, folder)
    for one in _read(folder):
        if one.kind in KINDS and (KINDS[one.kind].lasts is Lasts.DISK or one.run == run):
            yield one


def _run(life: Life, folder: GuestFolder) -> str:
    """Which run of the guest this is: process 1 and when it started; empty where none runs."""
    pid = life.groups.first(folder.name)
    return "" if pid is None else f"{pid}:{start_time(pid)}"


def _read(folder: GuestFolder) -> list[Befallen]:
    try:
        found = json.loads(folder.faults.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [Befallen(kind=str(one["kind"]), told=dict(one["told"]), run=str(one["run"])) for one in found]


def _write(folder: GuestFolder, befallen: list[Befallen]) -> None:
    partial = folder.faults.with_suffix(".new")
    partial.write_text(json.dumps([asdict(one) for one in befallen]) + "\n", encoding="utf-8")
    partial.replace(folder.faults)
