"""One process of the lab, as `asty lab status` shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`address` is a URL, an address with a port, or a socket's path. `memory_mb` is the proportional set size."""

    name: str
    state: str
    """`up`, `down`, or for a part that a fault keeps away, `off`."""
    address: str
    pid: int | None
    memory_mb: float

    def as_json(self) -> dict[str, str | int | float | None]:
        return {
            "name": self.name,
            "state": self.state,
            "address": self.address,
            "pid": self.pid,
            "memory_mb": round(self.memory_mb, 1),
        }
