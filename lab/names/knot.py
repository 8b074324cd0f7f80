"""Knot DNS, a site's authoritative name server: its configuration, and the words by which it is told of changes.

Options are those of Knot's manual, 3.2. Dynamic updates (RFC 2136) and transfers (RFC 5936) are allowed to who signs
with the key that the zone is declared to take them from (TSIG, RFC 8945), and to nobody else.
"""

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from city.errors import Failed
from city.secrets import Secret
from lab.names.endpoint import Endpoint
from lab.names.zone import RecordSets, read_served

KNOTD, KNOTC = "/usr/sbin/knotd", "/usr/sbin/knotc"
FILE, CONTROL = "knot.conf", "control"
ALGORITHM = "hmac-sha256"
_PATIENCE_S = 10
_BETWEEN_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A shared key of TSIG: its name, and 32 bytes in base64."""

    name: str
    secret: Secret = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """By which keys zones may be updated, and transferred to which addresses; empty: by none, and to nobody."""

    update: tuple[Key, ...] = ()
    transfer: tuple[Key, ...] = ()


def config(endpoint: Endpoint, zones: Iterable[tuple[str, str]], rights: Rights) -> str:
    """The file. `zones` are pairs of a zone's name and of its id, which names its file in `zones/`.

    Updates survive a kill: they are in the journal, which holds the whole zone. A zone file that is newer is taken
    as a difference to it. Paths are relative to Knot's folder, in which it runs.
    """
    keys = {key.name: key for key in (*rights.update, *rights.transfer)}
    acls = [f"{what}-{key.name}" for what in ("update", "transfer") for key in getattr(rights, what)]
    lines = [
        *("server:", f"    listen: {endpoint.address}@{endpoint.port}", "    rundir: .", '    version: ""'),
        *("    udp-workers: 1", "    tcp-workers: 1", "    background-workers: 1"),
        *("log:", "  - target: stderr", "    any: warning"),
        *("control:", f"    listen: {CONTROL}"),
        *("database:", "    storage: db", "    journal-db-max-size: 64M"),
        *_section("key", (_key(key) for key in keys.values())),
        *_section("acl", (_acl(what, key) for what in ("update", "transfer") for key in getattr(rights, what))),
        *("template:", "  - id: default", "    storage: zones", "    zonefile-sync: -1"),
        *("    zonefile-load: difference", "    journal-content: all", "    serial-policy: increment"),
        *([f"    acl: [{', '.join(acls)}]"] if acls else []),
        *_section("zone", (_item(domain=name, file=f"{identity}.zone") for name, identity in sorted(zones))),
    ]
    return "\n".join(lines) + "\n"


def source(key: Key, address: IPv4Address, port: int) -> str:
    """What another Knot is told of this one, to take zones from it: a key and a remote, both with the key's name."""
    remote = _item(id=key.name, address=f"{address}@{port}", key=key.name)
    return "\n".join([*_section("key", [_key(key)]), *_section("remote", [remote])]) + "\n"


def _section(name: str, items: Iterable[list[str]]) -> list[str]:
    lines = [line for item in items for line in item]
    return [f"{name}:", *lines] if lines else []


def _key(key: Key) -> list[str]:
    return _item(id=key.name, algorithm=ALGORITHM, secret=key.secret.reveal())


def _acl(what: str, key: Key) -> list[str]:
    return _item(id=f"{what}-{key.name}", key=key.name, action=what)


def _item(**options: str) -> list[str]:
    written = [f"{name}: {value}" for name, value in options.items()]
    return [f"  - {written[0]}", *(f"    {line}" for line in written[1:])]


class Control:
    """The socket over which a running Knot takes orders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def await_answer(self) -> None:
        """Returns once Knot, which was started just now, takes orders. Raises Failed."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._run("status").returncode:
            if time.monotonic() > deadline:
                raise Failed(f"name server {self._folder}", "it does not answer", f"Read {self._folder / 'log'}.")
            time.sleep(_BETWEEN_S)

    def reconfigure(self) -> None:
        """Take up the configuration as it is written now. Raises Failed."""
        self._order("reload")

    def reload(self, zone: str) -> None:
        """Take up a zone's file; returns when the zone is served so. Raises Failed.

        A zone that was forgotten takes no order before the configuration was read anew.
        """
        if self._run("--blocking", "zone-reload", zone).returncode:
            self.reconfigure()
            self._order("--blocking", "zone-reload", zone)

    def forget(self, zone: str) -> None:
        """Remove what is kept of a zone besides its file, or a later zone of that name would begin with it."""
        self._run("--force", "zone-purge", zone)

    def served(self, zone: str) -> tuple[int, RecordSets] | None:
        """Serial and records of a zone that is served; None of one that is not, of which Knot shows no record."""
        done = self._run("zone-read", zone)
        return read_served(done.stdout) if done.returncode == 0 and done.stdout.strip() else None

    def _order(self, *words: str) -> None:
        done = self._run(*words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise Failed(f"name server {self._folder}", f"{words[-1]}: {said}", f"Read {self._folder / 'log'}.")

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603 - our own words and zones' names
            [KNOTC, "--socket", CONTROL, "--timeout", str(_PATIENCE_S), *words],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
