"""How each device is reached: the one list that pushes and polls share.

A real city derives it from its declared management addresses; the lab writes its own, with
loopback addresses. Nothing above it can tell which.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address

from city.secrets import SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpV3:
    """RFC 3414 authPriv: SHA-1/AES-128 at the least."""

    user: str
    auth: SecretRef
    priv: SecretRef
    auth_protocol: str = "sha256"
    priv_protocol: str = "aes128"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpV2c:
    community: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and as whom a device answers. `host_key` is its pinned public key (`ssh-ed25519 AAAA…`)."""

    device: str
    address: IPv4Address
    ssh_port: int
    snmp_port: int
    user: str
    password: SecretRef
    host_key: str
    snmp: SnmpV3 | SnmpV2c


Inventory = dict[str, Endpoint]
"""By device id, in the City's order."""
