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
    slot: int | None = None
    """Which block of its network's addresses it takes; None: the one that its id falls to. Two services
    on one block are refused: then one of them declares another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`workload` is None while the service is not yet in the cloud.

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
    depends_on: tuple[str, ...] = ()
    workload: Workload | None = None
    probe: Node | None = field(default=None, hash=False)
