"""The hook through which a server of the cloud becomes a host that really runs.

`[lab] hypervisor = MODULE:NAME` in nova.conf names a class that implements `Hypervisor`; without it
servers are entries in Nova's database and nothing else (`NoHosts`).
"""

import importlib
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A server as the cloud describes it: what a host needs to stand in for it."""

    uuid: str
    name: str
    compute_host: str
    address: IPv4Address | None
    """The first fixed address that Neutron gave it; None for a server without a port."""
    mac: str


class Hypervisor(Protocol):
    """Each method returns when the host is in that state; each may be repeated."""

    def create(self, guest: Guest) -> None:
        """Make its disk and start it."""

    def start(self, guest: Guest) -> None: ...

    def stop(self, guest: Guest, *, patience_s: int) -> None:
        """Shut down in order within `patience_s`, else cut the power; 0 cuts it at once."""

    def delete(self, guest: Guest) -> None:
        """Cut the power and remove its disk."""


class NoHosts:
    """Nothing runs behind a server."""

    def create(self, guest: Guest) -> None:
        pass

    def start(self, guest: Guest) -> None:
        pass

    def stop(self, guest: Guest, *, patience_s: int) -> None:
        pass

    def delete(self, guest: Guest) -> None:
        pass


def resolve(reference: str) -> Hypervisor:
    """The hypervisor that `MODULE:NAME` names, made without arguments."""
    module, _, name = reference.partition(":")
    return cast("Hypervisor", getattr(importlib.import_module(module), name)())
