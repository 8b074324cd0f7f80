"""Who changes a site's names where Designate does not: a server that takes dynamic updates."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from city.secrets import SecretRef

DNS_PORT = 53


class Algorithm(StrEnum):
    """How an update is signed (RFC 8945, 6); the older ones are broken."""

    SHA256 = "hmac-sha256"
    SHA384 = "hmac-sha384"
    SHA512 = "hmac-sha512"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameUpdates:
    """The primary server of the city's zone at a site takes updates (RFC 2136) that are signed by `key` (TSIG, RFC
    8945); `secret` is where that key's bytes are kept, in base64."""

    server: IPv4Address
    key: str
    secret: SecretRef
    port: int = DNS_PORT
    algorithm: Algorithm = Algorithm.SHA256
