"""A post: a host of the city's own from which asty watches the city, or shows what was seen, and what it is told.

    code/        asty itself, in the version of the operators who told the host
    city/        the city's data, which their asty has held to its rules
    post.json    from where it looks, how each device is reached from there, and by which secrets

The three come as one tar, which is the same for the same content. A host knows by its digest whether it is told anew.
"""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from city.errors import InvalidInput
from city.inventory import Endpoint, Inventory, SnmpV2c, SnmpV3
from city.kept import data_files
from city.secrets import Secret, SecretRef
from monitoring.snapshot import ObservedIn

PUBLISHED = "/ledger"
"""Where who watches publishes what it saw, for those who show it."""
CODE = ("asty", "city", "monitoring", "network", "platforms", "snmp")
"""The rooms that watch and show, and those whose values they read."""
_ROOT = Path(__file__).resolve().parents[1]
_NOBODY = SecretRef("env", "ASTY_NO_LOGIN")
_TOLD = "post.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """`name` is the host's, as its looks are known by; `point` is the vantage point of the city's data that stands
    there, empty for none. `follow` is the https address of what it shows, empty where it observes by itself; `at` is
    where that name is reached without a resolver.

    `inventory` tells of the devices how they are asked over SNMP, and no more: nobody logs in from a post. Its secrets
    are references to `secrets`, by the names of the environment."""

    name: str
    observed_in: ObservedIn
    point: str = ""
    follow: str = ""
    at: IPv4Address | None = None
    inventory: Inventory = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def packed(post: Post, city: Path) -> bytes:
    """The tar, with the city's data of this folder."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in sorted(_files(post, city)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o640 if name == _TOLD else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(written.getvalue(), mtime=0)


def _files(post: Post, city: Path) -> Iterator[tuple[str, bytes]]:
    yield _TOLD, json.dumps(_as_json(post), sort_keys=True).encode()
    for file in data_files(city):
        yield f"city/{file.name}", file.read_bytes()
    for room in CODE:
        for file in (_ROOT / room).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield f"code/{file.relative_to(_ROOT)}", file.read_bytes()


def _as_json(post: Post) -> dict[str, Any]:
    return {
        "name": post.name,
        "observed_in": post.observed_in.value,
        "point": post.point,
        "follow": post.follow,
        "at": str(post.at or ""),
        "secrets": {name: secret.reveal() for name, secret in post.secrets.items()},
        "devices": {
            name: {"address": str(one.address), "port": one.snmp_port, "snmp": _snmp_json(one.snmp)}
            for name, one in post.inventory.items()
        },
    }


def _snmp_json(access: SnmpV3 | SnmpV2c) -> dict[str, str]:
    if isinstance(access, SnmpV2c):
        return {"community": str(access.community)}
    return {
        "user": access.user,
        "auth": str(access.auth),
        "priv": str(access.priv),
        "auth_protocol": access.auth_protocol,
        "priv_protocol": access.priv_protocol,
    }


def told(home: Path) -> Path:
    """Where the tar was unpacked, in the folder that a host has for asty."""
    return home / "told"


def state(home: Path) -> Path:
    """What asty keeps there itself."""
    return home / "state"


def read(home: Path) -> Post:
    """What this host was told. Raises InvalidInput where that is nothing of sense."""
    file = told(home) / _TOLD
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Post(
            name=str(found["name"]),
            observed_in=ObservedIn(found["observed_in"]),
            point=str(found["point"]),
            follow=str(found["follow"]),
            at=IPv4Address(found["at"]) if found["at"] else None,
            inventory={name: _endpoint(name, one) for name, one in found["devices"].items()},
            secrets={str(name): Secret(str(value)) for name, value in found["secrets"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"this host was told nothing that can be read ({type(error).__name__})"
        raise InvalidInput(str(file), problem, "Let the operators run `asty tell`.") from error


def _endpoint(name: str, told: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        device=name,
        address=IPv4Address(told["address"]),
        ssh_port=0,
        snmp_port=int(told["port"]),
        user="",
        password=_NOBODY,
        host_key="",
        snmp=_snmp(told["snmp"]),
    )


def _snmp(told: Mapping[str, str]) -> SnmpV3 | SnmpV2c:
    if "community" in told:
        return SnmpV2c(community=SecretRef.parse(told["community"]))
    return SnmpV3(
        user=told["user"],
        auth=SecretRef.parse(told["auth"]),
        priv=SecretRef.parse(told["priv"]),
        auth_protocol=told["auth_protocol"],
        priv_protocol=told["priv_protocol"],
    )


def know(post: Post) -> None:
    """Have its secrets where references look for them."""
    for name, secret in post.secrets.items():
        os.environ[name] = secret.reveal()
