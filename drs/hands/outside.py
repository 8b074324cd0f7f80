"""What clients see: names as authorities and resolvers tell them, and a service that takes writes."""

from dataclasses import dataclass
from typing import Protocol

from city.model.places import SiteRole


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    """`role` is of the site where it stands; a resolver answers from memory, an authority from the zone."""

    role: SiteRole
    resolver: bool

    def __str__(self) -> str:
        return f"the {'resolver' if self.resolver else 'authority'} of {self.role.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a name server said of a name. `addresses` is None where it said nothing: `reason` says why."""

    server: NameServer
    addresses: tuple[str, ...] | None
    ttl_s: int = 0
    reason: str = ""


class Outside(Protocol):
    """Someone who stands where residents do."""

    def ask(self, fqdn: str) -> tuple[Answered, ...]:
        """Every authority and resolver of both sites, each asked once."""
        ...

    def write(self, fqdn: str, port: int, address: str = "") -> str:
        """Write a mark by the service's name, at `address` where one is given, and say what was answered.

        Raises Failed where no write was acknowledged, NeedsPerson where nobody could try.
        """
        ...
