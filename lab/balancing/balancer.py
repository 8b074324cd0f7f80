"""A load balancer as Octavia declares it: values, read from what the provider's driver wrote.

The names are those of Octavia's API (v2). Times are in seconds where the name says so, else in milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`weight` 0 drains: whom the member knows it still serves, nobody new comes."""

    id: str
    address: str
    port: int
    enabled: bool = True
    weight: int = 1
    backup: bool = False
    monitor_address: str | None = None
    monitor_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """`rise` checks that pass (max_retries) make a member well, `fall` that fail (max_retries_down) make it ill."""

    id: str
    type: str
    delay_s: int
    timeout_s: int
    rise: int
    fall: int
    enabled: bool = True
    http_method: str | None = None
    url_path: str | None = None
    expected_codes: str | None = None
    http_version: float | None = None
    domain_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    type: str
    cookie_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    id: str
    protocol: str
    algorithm: str
    enabled: bool = True
    members: tuple[Member, ...] = ()
    monitor: Monitor | None = None
    persistence: Persistence | None = None
    tls: bool = False
    """Whether members are spoken to over TLS; whose certificates they show is not asked, as in Octavia's own way."""

    @classmethod
    def read(cls, raw: Raw) -> Self:
        monitor, persistence = raw["monitor"], raw["persistence"]
        return cls(
            **_plain(raw, "members", "monitor", "persistence"),
            members=tuple(Member(**member) for member in raw["members"]),
            monitor=None if monitor is None else Monitor(**monitor),
            persistence=None if persistence is None else Persistence(**persistence),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`certificates` are the names under which the certificate manager keeps them, the default one first."""

    id: str
    protocol: str
    port: int
    enabled: bool = True
    pool: str | None = None
    connection_limit: int = -1
    allowed_cidrs: tuple[str, ...] = ()
    insert_headers: tuple[str, ...] = ()
    timeout_client_data: int = 50_000
    timeout_member_connect: int = 5_000
    timeout_member_data: int = 50_000
    certificates: tuple[str, ...] = ()
    tls_versions: tuple[str, ...] = ()
    tls_ciphers: str | None = None
    alpn_protocols: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Raw) -> Self:
        several = ("allowed_cidrs", "insert_headers", "certificates", "tls_versions", "alpn_protocols")
        listed: dict[str, Any] = {name: tuple(raw[name]) for name in several}
        return cls(**_plain(raw, *several), **listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """`device` is the device_id of its VIP's port: by it Neutron, and the network below, know where the address is."""

    id: str
    device: str
    addresses: tuple[str, ...]
    enabled: bool = True
    listeners: tuple[Listener, ...] = ()
    pools: tuple[Pool, ...] = ()
    revision: str = ""
    """Names the wish; what fulfils it says so by this name."""

    @classmethod
    def read(cls, raw: Raw) -> Self:
        return cls(
            **_plain(raw, "addresses", "listeners", "pools"),
            addresses=tuple(raw["addresses"]),
            listeners=tuple(map(Listener.read, raw["listeners"])),
            pools=tuple(map(Pool.read, raw["pools"])),
        )

    def pool(self, listener: Listener) -> Pool | None:
        """The pool that serves the listener now: none where the pool is switched off."""
        return next((pool for pool in self.pools if pool.id == listener.pool and pool.enabled), None)

    @property
    def open(self) -> tuple[Listener, ...]:
        """The listeners that are to listen."""
        return tuple(listener for listener in self.listeners if self.enabled and listener.enabled)


def _plain(raw: Raw, *others: str) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in others}
