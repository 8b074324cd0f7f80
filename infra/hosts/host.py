"""A host of a service: a server of the cloud as operators reach it over SSH, with the key that proves that it is it."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

SSH = 22
_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
_KEY = re.compile(r"\b(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) ([A-Za-z0-9+/]{40,}={0,2})(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """`keys` are its public keys as the cloud recorded them (`ssh-ed25519 AAAA...`); without any it is not asked."""

    name: str
    site: str
    address: IPv4Address
    keys: tuple[str, ...]
    port: int = SSH

    def __str__(self) -> str:
        return f"{self.name} ({self.site})"


def keys_on(console: str) -> tuple[str, ...]:
    """The public host keys that a server showed on its console as it started for the first time, as cloud-init does.

    Only between the marks, of the last such start: before and after them anybody on the host can write.
    """
    shown = _KEYS.findall(console)
    return tuple(f"{kind} {key}" for kind, key in _KEY.findall(shown[-1])) if shown else ()
