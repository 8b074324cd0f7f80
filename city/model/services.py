"""Municipal services: what residents and staff use, how much of it may be lost, and what it runs on."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from city.located import Node
from city.model.places import Text


class Tier(IntEnum):
    """1 is needed by everybody at once, 3 can wait for days."""

    CRITICAL = 1
    IMPORTANT = 2
    ORDINARY = 3


class Recovery(StrEnum):
    """What stands ready at the recovery site (NIST SP 800-34: hot, warm, cold, and a data-only light)."""

    ACTIVE = "active"
    WARM = "warm"
    PILOT_LIGHT = "pilot-light"
    COLD = "cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours:
    """Agreed service time on the city's own clocks; `days` are those on which it begins, Monday as 0."""

    days: tuple[int, ...]
    start: time
    end: time
    """An `end` that is not after `start` is one of the next day; 00:00 is midnight at the end of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Who may open a connection to a service: a network of a purpose, another service, or the world."""

    source: str
    """`world`, `service:ID`, or `network:PURPOSE`."""
    port: int
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryTimes:
    """In what time each way of standing ready brings a service back at the earliest: no RTO may be shorter.

    Planning values, which a city's own drills replace: a balancer's checks and a name's old answers must run out, a
    server must start, and a copy must be carried back. `active` serves already.
    """

    warm: timedelta = timedelta(minutes=5)
    pilot_light: timedelta = timedelta(hours=1)
    cold: timedelta = timedelta(hours=4)

    def of(self, recovery: Recovery) -> timedelta:
        return {
            Recovery.ACTIVE: timedelta(),
            Recovery.WARM: self.warm,
            Recovery.PILOT_LIGHT: self.pilot_light,
            Recovery.COLD: self.cold,
        }[recovery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of a service's data, made at `every` and kept for `keep` at the site `to`, where the data are not."""

    to: str
    every: timedelta = timedelta(hours=1)
    keep: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a service needs of the cloud: anti-affine instances behind a load balancer with a name."""

    instances: int
    flavour: str
    image: str
    volume_gb: int
    """Of each instance's data volume; 0 for none."""
    port: int
    """The TCP port the load balancer offers and its members serve."""
    network: str
    """The purpose of the network that the instances stand in: application, data, …"""
    dns_name: str
    """Relative to the city's zone."""
    flows: tuple[Flow, ...]
    roles: tuple[str, ...] = ()
    """What its hosts are: folders of playbooks/roles, whose promises `asty verify` holds each host to."""
    slot: int | None = None
    """Which block of its network's addresses it takes; None: the one that its id falls to. Two services
    on one block are refused: then one of them declares another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`workload` is None while the service is not yet in the cloud.

    `database` is the name of its PostgreSQL database, empty for none. It needs a `backup`.
    `probe` is how a client outside measures it, as the city's data say it: whoever probes reads it. None: nobody does.
    """

    id: str
    name: Text
    tier: Tier
    owner: str
    hours: ServiceHours
    rto: timedelta
    rpo: timedelta
    recovery: Recovery
    mtd: timedelta | None = None
    """For how long the city can bear to be without it at most (NIST SP 800-34, 3.2.1); None: nobody said."""
    depends_on: tuple[str, ...] = ()
    workload: Workload | None = None
    database: str = ""
    backup: Backup | None = None
    probe: Node | None = field(default=None, hash=False)
