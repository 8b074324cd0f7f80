"""What can be made to go wrong in the lab: one shape for the faults of a device, of a server and of a site.

Those of a server are the modules of lab.hosts.faults, those of a site the modules of lab.site_faults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from city.errors import InvalidInput
from lab import site_fault
from lab.hosts import befallen


class FaultKind(StrEnum):
    """The first six befall devices, two of them the link as well; the last two are a site's."""

    OFF = "off"
    SLOW = "slow"
    LOSING = "losing"
    WRONG_CREDENTIALS = "wrong-credentials"
    REJECTING = "rejecting"
    REBOOTING = "rebooting"
    SERVICE_DOWN = "service-down"
    REGION_OFF = "region-off"


OF_SITES = site_fault.kinds()
OF_SERVERS = befallen.KINDS
_ASKS: Mapping[str, str] = {
    FaultKind.SLOW: "latency_s",
    FaultKind.LOSING: "loss",
    FaultKind.REJECTING: "line",
    FaultKind.REBOOTING: "after_lines",
    **{name: kind.asks for name, kind in OF_SITES.items() if kind.asks},
    **{name: kind.asks for name, kind in OF_SERVERS.items() if kind.asks},
}
"""What a kind must be told besides its targets."""


def names() -> list[str]:
    """Every kind of fault."""
    return sorted({*(kind.value for kind in FaultKind), *OF_SITES, *OF_SERVERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`targets` are device ids; servers (lab.hosts.ask); or one region by its own name or that of its site.

    `kind` is one of `names()`. `latency_s` delays each answer; `loss` is the share (0..1) of packets that get lost; a
    line of configuration with `line` in it is rejected; a reboot comes after `after_lines` more lines; `service` is one
    of a cloud's and `unit` one of systemd's.
    Raises InvalidInput where a kind lacks what it must be told, or is told what it cannot use.
    """

    kind: str
    targets: tuple[str, ...]
    latency_s: float | None = None
    loss: float | None = None
    line: str | None = None
    after_lines: int | None = None
    service: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        thing = f"fault {self.kind}"
        if self.kind not in names():
            raise InvalidInput(thing, "nobody knows it", f"Name one of {', '.join(names())}.")
        told = {name for name in _ASKS.values() if getattr(self, name) is not None}
        asked = {_ASKS[self.kind]} if self.kind in _ASKS else set()
        if asked != told:
            wanted = " and ".join(sorted(asked)) or "nothing"
            raise InvalidInput(
                thing, f"it must be told {wanted}, not {' and '.join(sorted(told)) or 'nothing'}", "Say that."
            )
        if not self.targets:
            raise InvalidInput(thing, "it befalls nothing", "Name a device, or the region of a site.")
        if self.regional and len(self.targets) > 1:
            raise InvalidInput(thing, f"it names {len(self.targets)} regions", "Name one at a time.")
        for name, problem in self._nonsense():
            raise InvalidInput(thing, f"{name} {problem}", "Choose another value.")

    def _nonsense(self) -> list[tuple[str, str]]:
        found = []
        if self.latency_s is not None and self.latency_s <= 0:
            found.append(("latency_s", "is not more than 0 s"))
        if self.loss is not None and not 0 < self.loss <= 1:
            found.append(("loss", "is not a share between 0 and 1"))
        if self.line is not None and not self.line.strip():
            found.append(("line", "is empty and would reject every line"))
        if self.after_lines is not None and self.after_lines < 0:
            found.append(("after_lines", "is less than 0"))
        return found

    @property
    def regional(self) -> bool:
        return self.kind in OF_SITES

    @property
    def of_servers(self) -> bool:
        return self.kind in OF_SERVERS

    @property
    def told(self) -> dict[str, object]:
        """What it was told besides its targets."""
        return {name: getattr(self, name) for name in set(_ASKS.values()) if getattr(self, name) is not None}

    def changes(self) -> dict[str, object]:
        """For a device: the fields of lab.fleet.faults.Faults that this fault sets."""
        match self.kind:
            case FaultKind.OFF:
                return {"off": True}
            case FaultKind.SLOW:
                return {"latency_s": self.latency_s}
            case FaultKind.LOSING:
                return {"loss": self.loss}
            case FaultKind.WRONG_CREDENTIALS:
                return {"wrong_credentials": True}
            case FaultKind.REJECTING:
                return {"rejects": [self.line]}
            case FaultKind.REBOOTING:
                return {"reboot_after": self.after_lines}
            case _:
                raise ValueError(f"{self.kind} does not befall a device")
