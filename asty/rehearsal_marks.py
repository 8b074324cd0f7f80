"""The things of rehearsals in a cloud: each carries city, drill and service, from the request that makes it.

Names are `rehearsal-SERVICE`. A name alone makes nothing ours: the mark does.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection

NAME = "rehearsal-{}"
_LISTINGS: dict[str, Callable[[Connection], Iterable[Any]]] = {
    "server": lambda cloud: cloud.compute.servers(name="^rehearsal-"),
    "volume": lambda cloud: cloud.block_storage.volumes(),
    "snapshot": lambda cloud: cloud.block_storage.snapshots(),
    "port": lambda cloud: cloud.network.ports(),
    "network": lambda cloud: cloud.network.networks(),
}
KINDS = tuple(_LISTINGS)
"""In the order in which they can be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """`kind` is one of KINDS; `made` is the SDK's own object."""

    kind: str
    service: str
    drill: str
    made: Any

    def __str__(self) -> str:
        return f"{self.kind} {self.made.name or self.made.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Of one rehearsal of a city."""

    city: str
    drill: str

    def metadata(self, service: str) -> dict[str, str]:
        """Of servers, volumes and snapshots."""
        return {"city": self.city, "rehearsal": self.drill, "rehearsal_of": service}

    def description(self, service: str) -> str:
        """Of networks, subnets and ports: Neutron takes tags in a second request only."""
        return f"asty city={self.city} rehearsal={self.drill} of={service}"

    def every(self, cloud: Connection, kinds: Collection[str] = KINDS) -> Iterator[Thing]:
        """The things of any rehearsal of this city, in the order in which they can be removed; only these are asked
        for."""
        for kind in (one for one in KINDS if one in kinds):
            for thing in _LISTINGS[kind](cloud):
                worn = _words(thing.description) if kind in {"port", "network"} else thing.metadata
                yield from self._told(kind, worn, thing)

    def _told(self, kind: str, worn: dict[str, str] | None, thing: Any) -> Iterator[Thing]:  # noqa: ANN401 - the SDK's
        told = worn or {}
        if told.get("city") == self.city and "rehearsal" in told:
            yield Thing(
                kind=kind,
                service=told.get("rehearsal_of") or told.get("of", ""),
                drill=told["rehearsal"],
                made=thing,
            )


def _words(description: str | None) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in (description or "").split() if "=" in word)
