"""Who may log in, and which services may ask who did: from two files of the host, with secrets only as hashes.

people     NAME:scrypt$N$R$P$SALT$HASH:Full name        one line each; N, R, P as scrypt has them (RFC 7914),
                                                        SALT and HASH in base64 for URLs
clients    {"portal": {"redirects": ["https://..."], "secret": "scrypt$..."}}
           without a secret: a public client, which proves by PKCE (RFC 7636) that it is the one that asked
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_N, _R, _P, _BYTES = 2**14, 8, 1, 32
_LARGEST = 64 * 2**20
_PARTS = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    full_name: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Client:
    """`secret` is a hash, empty for a public client."""

    client_id: str
    redirects: tuple[str, ...]
    secret: str = ""


def people(file: Path) -> Mapping[str, Person]:
    """By name. Raises ValueError, with the line, for what is no person."""
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split(":", _PARTS - 1)
        if len(parts) != _PARTS or not parts[0] or not parts[1].startswith("scrypt$"):
            raise ValueError(f"{file}:{number}: this is not NAME:scrypt$...:Full name")
        found[parts[0]] = Person(name=parts[0], password=parts[1], full_name=parts[2].strip())
    return found


def clients(file: Path) -> Mapping[str, Client]:
    """By id. Raises ValueError for a file that declares none properly."""
    told = json.loads(file.read_text(encoding="utf-8"))
    try:
        return {
            name: Client(client_id=name, redirects=tuple(one["redirects"]), secret=one.get("secret", ""))
            for name, one in told.items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f'{file}: a client is "NAME": {{"redirects": ["https://..."]}}') from error


def hashed(password: str) -> str:
    salt = os.urandom(16)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_scrypt(password, salt, _N, _R, _P))}"


def is_password(kept: str, password: str) -> bool:
    """Takes as long for the wrong one as for the right one."""
    _, n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(password, base64.urlsafe_b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.urlsafe_b64decode(wanted))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=_BYTES, maxmem=_LARGEST)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


NOBODY = Person(name="", full_name="", password=hashed(os.urandom(16).hex()))
"""Whose password is tried where there is no such person, so that names cannot be found out by the clock."""
