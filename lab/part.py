"""One process of the lab, as `asty lab status` shows it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab import daemon


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`address` is a URL, an address with a port, or a socket's path. `memory_mb` is the proportional set size."""

    name: str
    state: str
    """`up`, `down`, for a part that a fault keeps away `off`, and `unowned` for what is there and nobody keeps."""
    address: str
    pid: int | None
    memory_mb: float

    @classmethod
    def of(cls, name: str, pid_file: Path, address: str = "") -> Self:
        """What a process that left its pid there is now, with the memory of all that it started."""
        process = daemon.find(pid_file)
        if process is None:
            return cls(name=name, state="down", address=address, pid=None, memory_mb=0.0)
        memory_mb = sum(one.memory_mb for one in process.family())
        return cls(name=name, state="up", address=address, pid=process.pid, memory_mb=memory_mb)

    @classmethod
    def unowned(cls, name: str) -> Self:
        return cls(name=name, state="unowned", address="", pid=None, memory_mb=0.0)

    def as_json(self) -> dict[str, str | int | float | None]:
        return {
            "name": self.name,
            "state": self.state,
            "address": self.address,
            "pid": self.pid,
            "memory_mb": round(self.memory_mb, 1),
        }
