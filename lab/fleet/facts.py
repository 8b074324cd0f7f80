"""What a configuration means, whatever the dialect it was written in: what the SNMP view shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedServer:
    """A RADIUS server as the configuration names it; without a secret the box asks it nothing."""

    address: str
    port: int
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioFacts:
    """`ssids` are those it really sends: named, and configured on an enabled radio or not. `radius` has, for each of
    them, the servers that say who may join it; None for a network that everybody joins."""

    index: int
    channel: int
    eirp_dbm: float
    enabled: bool
    ssids: tuple[str, ...]
    radius: tuple[tuple[AskedServer, ...] | None, ...] = ()

    def asked(self, number: int) -> tuple[AskedServer, ...] | None:
        """The servers of that network, which may name none; None where nobody is asked."""
        return self.radius[number] if number < len(self.radius) else None

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
