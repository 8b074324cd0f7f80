"""The keys of SNMPv3's user-based security model.

From password to key and key to engine: RFC 3414, A.2. HMAC-SHA-1-96: RFC 3414, section 7; HMAC with
SHA-2: RFC 7860. AES-128 in CFB: RFC 3826. DES and MD5 are not here: what needs them is to be replaced.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

from snmp.errors import DecryptionFailed

_MEGABYTE = 1_048_576
_SALT = 8
_AES_KEY = 16


class Auth(StrEnum):
    """The hash; its name is that of hashlib."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def digest_octets(self) -> int:
        """How much of the HMAC goes into the message."""
        return _DIGEST[self]


_DIGEST = {Auth.SHA1: 12, Auth.SHA224: 16, Auth.SHA256: 24, Auth.SHA384: 32, Auth.SHA512: 48}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user with authentication and privacy. The passwords never show in its repr."""

    name: str
    auth: Auth
    auth_password: str = field(repr=False)
    priv_password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A user's keys at one engine."""

    auth: Auth
    auth_key: bytes = field(repr=False)
    aes: AES128 = field(repr=False)

    def digest(self, message: bytes) -> bytes:
        """Of the whole message, its digest field being zeros."""
        return hmac.digest(self.auth_key, message, self.auth.value)[: self.auth.digest_octets]

    def encrypt(self, plain: bytes, boots: int, time: int, salt: bytes) -> bytes:
        encryptor = self._cipher(boots, time, salt).encryptor()
        return encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, secret: bytes, boots: int, time: int, salt: bytes) -> bytes:
        if len(salt) != _SALT:
            raise DecryptionFailed("a salt of a size that AES does not use")
        decryptor = self._cipher(boots, time, salt).decryptor()
        return decryptor.update(secret) + decryptor.finalize()

    def _cipher(self, boots: int, time: int, salt: bytes) -> Cipher[CFB]:
        return Cipher(self.aes, CFB(boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt))


@lru_cache(maxsize=256)
def master_key(auth: Auth, password: str) -> bytes:
    """The hash of a megabyte of the password repeated: dear on purpose, so done once per password."""
    secret = password.encode()
    if not secret:
        raise ValueError("a password is not empty")
    return hashlib.new(auth.value, (secret * (_MEGABYTE // len(secret) + 1))[:_MEGABYTE]).digest()


def localise(auth: Auth, key: bytes, engine_id: bytes) -> bytes:
    """The key at one engine, which says nothing about the same user's key at another."""
    return hashlib.new(auth.value, key + engine_id + key).digest()


@lru_cache(maxsize=8192)
def keys(user: User, engine_id: bytes) -> Keys:
    """The user's keys at this engine. Raises ValueError where a password is empty."""
    priv = localise(user.auth, master_key(user.auth, user.priv_password), engine_id)
    return Keys(
        auth=user.auth,
        auth_key=localise(user.auth, master_key(user.auth, user.auth_password), engine_id),
        aes=AES128(priv[:_AES_KEY]),
    )
