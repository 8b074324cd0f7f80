"""The hands on the cloud of one site."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A server as its cloud says it is. `off`: it does not run; `unplugged`: its port carries nothing."""

    server: str
    off: bool
    unplugged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where a name leads in the zone of a site, and for how many seconds a resolver keeps that."""

    addresses: tuple[str, ...]
    ttl_s: int


class Names(Protocol):
    """The city's names in the zone of one site. Everything raises Failed where nobody answers, or says no."""

    def record(self, fqdn: str) -> Record | None:
        """The A records of a name (it ends in a dot), None where the zone has none."""
        ...

    def lead(self, fqdn: str, record: Record) -> None:
        """Let the name lead there. Raises Failed where the zone does not have the name."""
        ...


class Cloud(Names, Protocol):
    """One site's cloud. Everything raises Failed where its API does not answer or says no."""

    def power(self, service: str) -> tuple[Power, ...]:
        """The servers that carry the service's database."""
        ...

    def shut(self, service: str) -> None:
        """Take the port of each of these from the network, and its power; the port stays so until `release`."""
        ...

    def release(self, service: str) -> None:
        """Give each its port and its power back."""
        ...
