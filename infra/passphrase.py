"""Whether a passphrase is the one that a stack's state was made with, without a secret in it to try.

Pulumi's passphrase provider keeps a salt with every state: `v1:SALT:v1:NONCE:CHECK`, all but the versions in
base64. The key is PBKDF2 (RFC 8018) of passphrase and salt, with SHA-256 and a million rounds; CHECK is the word
`pulumi` under AES-256-GCM. `pulumi stack export` opens a state without secrets under any passphrase, so only
this tells whether the next `pulumi up` will be let in.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

_ROUNDS = 1_000_000
_KEY_BYTES = 32
_WORD = b"pulumi"


def fits(passphrase: str, salt: str) -> bool:
    """Raises ValueError for a salt of another form."""
    match salt.split(":"):
        case ["v1", mixed_in, "v1", nonce, check]:
            key = PBKDF2HMAC(SHA256(), _KEY_BYTES, b64decode(mixed_in), _ROUNDS).derive(passphrase.encode())
        case _:
            raise ValueError(f"{salt!r} is no salt of Pulumi's passphrase provider, version 1")
    try:
        return AESGCM(key).decrypt(b64decode(nonce), b64decode(check), None) == _WORD
    except InvalidTag:
        return False


def salt_of(deployment: Mapping[str, Any]) -> str | None:
    """The salt that a deployment was made with; None where another provider keeps its secrets, or none."""
    provider = deployment.get("secrets_providers") or {}
    return provider["state"]["salt"] if provider.get("type") == "passphrase" else None
