"""From where a project is worked on, so that a process number in a lock is looked up where it means something.

A number names a process of one boot of one machine, in one PID namespace (pid_namespaces(7)): two containers of one
host name have each their own. Whoever opens a project leaves a note of that; plain `pulumi` works with variables that
came from somebody who opened it.
"""

import json
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from city.fingerprint import fingerprint

_FIRST_NAMESPACE = "pid:[4026531836]"
"""Of the machine itself, from which every process is seen (PROC_PID_INIT_INO in Linux's proc_ns.h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`machine` is empty where the machine does not say who it is."""

    host: str
    machine: str
    boot: str
    namespace: str


def here() -> Seat:
    return Seat(
        host=socket.gethostname(),
        machine=_read(Path("/etc/machine-id")),
        boot=_read(Path("/proc/sys/kernel/random/boot_id")),
        namespace=_namespace(Path("/proc/self")),
    )


def note(folder: Path) -> None:
    """Leaves in a project's folder that it was opened from here; says nothing twice."""
    seat = asdict(here())
    path = _seats(folder) / f"{fingerprint(seat)[:16]}.json"
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(json.dumps(seat), encoding="utf-8")


def noted(folder: Path) -> tuple[Seat, ...]:
    """All from where the project was opened; a note that is torn says nothing."""
    found = []
    for path in sorted(_seats(folder).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            found.append(Seat(**json.loads(path.read_text(encoding="utf-8"))))
    return tuple(found)


def out_of_sight(seats: Iterable[Seat], ours: Seat) -> tuple[Seat, ...]:
    """Those of our host's name where a process may live that is not seen from here.

    A machine has one boot at a time: what another boot of ours started is dead. So is a namespace that no process is
    in, where the whole machine is seen.
    """
    others = (seat for seat in seats if seat.host == ours.host and seat != ours)
    return tuple(seat for seat in others if seat.machine != ours.machine or _may_live(seat, ours))


def _may_live(seat: Seat, ours: Seat) -> bool:
    if seat.boot != ours.boot:
        return False
    return ours.namespace != _FIRST_NAMESPACE or seat.namespace in _inhabited()


def _inhabited() -> set[str]:
    return {_namespace(process) for process in Path("/proc").glob("[0-9]*")}


def _namespace(process: Path) -> str:
    with suppress(OSError):
        return str((process / "ns" / "pid").readlink())
    return ""


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8").strip()
    return ""


def _seats(folder: Path) -> Path:
    return folder / "seats"
