"""What a configuration means, whatever the dialect it was written in: what the SNMP view shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioFacts:
    """`ssids` are those it really sends: named, and configured on an enabled radio or not."""

    index: int
    channel: int
    eirp_dbm: float
    enabled: bool
    ssids: tuple[str, ...]

    @property
    def on_air(self) -> bool:
        return self.enabled and bool(self.ssids)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """A wired port; `number` counts from 1 on a switch and is 0 for an access point's only one."""

    number: int
    description: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    hostname: str
    location: str
    radios: tuple[RadioFacts, ...] = ()
    ports: tuple[PortFacts, ...] = ()
    vlans: tuple[tuple[int, str], ...] = ()
