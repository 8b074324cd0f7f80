"""Who may log in to the lab's devices: random for each lab, kept in its secrets folder with mode 0600."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from city.secrets import Secret, SecretRef

SNMP_USER = "asty"
SNMP_USER_SHA1 = "asty-sha1"
"""For devices too old for SHA-256: those with the tag snmp-sha1."""
_NAMES = ("device-password", "snmp-auth", "snmp-priv", "snmp-community", "host-keys-seed")
_BYTES = 18


@dataclass(frozen=True)
class Credentials:
    """The secrets of the lab whose secrets folder is `folder`. `make` writes those that are not there yet."""

    folder: Path

    def make(self) -> None:
        for name in _NAMES:
            self.create(name, secrets.token_urlsafe(_BYTES))

    def create(self, name: str, secret: str) -> None:
        """Write a secret, unless there is one of this name already. Whole at once: others may make it meanwhile."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.folder, prefix=f".{name}.") as file:
            file.write(secret + "\n")
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, self.folder / name)

    def ref(self, name: str) -> SecretRef:
        return SecretRef("file", str(self.folder / name))

    def secret(self, name: str) -> Secret:
        return Secret((self.folder / name).read_text(encoding="utf-8").rstrip("\n"))

    @cached_property
    def _seed(self) -> bytes:
        return self.secret("host-keys-seed").reveal().encode()

    def engine(self, device_id: str) -> bytes:
        """Eight octets that name the device's SNMP engine: no two labs have the same."""
        return hmac.digest(self._seed, f"snmp engine {device_id}".encode(), hashlib.sha256)[:8]

    def host_key(self, device_id: str) -> asyncssh.SSHKey:
        """The device's own ed25519 key: the same for as long as the lab's secrets live."""
        drawn = hmac.digest(self._seed, f"ssh-ed25519 {device_id}".encode(), hashlib.sha256)
        key = Ed25519PrivateKey.from_private_bytes(drawn)
        return asyncssh.import_private_key(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))

    def public_host_key(self, device_id: str) -> str:
        """`ssh-ed25519 AAAA…`, as an Endpoint pins it."""
        return self.host_key(device_id).export_public_key().decode().strip()
