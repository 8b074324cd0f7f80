"""Files of a service's servers at one site, as the steps of a drill act on them: by the role `files` of its hosts."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asty.drill_line import Line
from city.errors import Failed, NeedsPerson
from drs.hands.files import FilesOf, Wanted
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached

_LOOKS_EVERY_S = 0.5
PROGRAM = ("python3", "/usr/lib/files/files.py")


class _ShutError(Failed):
    """A server does not let us in; nothing was done there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFiles:
    """`find` asks the site's cloud for the service's members; `line` leads to each of them."""

    service: str
    site: str
    find: Callable[[], Sequence[Host | Unreached]]
    line: Callable[[Host], Line]
    patience_s: float = 120.0
    """For so long a server that just starts may not let anybody in."""

    def told(self) -> tuple[FilesOf, ...]:
        return self._each(lambda _: ("told",))

    def push(self) -> tuple[FilesOf, ...]:
        return self._each(lambda _: ("push",))

    def leave(self, staged: Mapping[str, str]) -> tuple[FilesOf, ...]:
        return self._each(lambda server: _words("leave", staged.get(server, "")))

    def wait(self) -> tuple[FilesOf, ...]:
        return self._patiently(lambda _: ("wait",))

    def keep(self) -> tuple[FilesOf, ...]:
        return self._each(lambda _: ("keep",))

    def back(self) -> tuple[FilesOf, ...]:
        return self._each(lambda _: ("back",))

    def stage(self, copies: Mapping[str, Wanted]) -> tuple[FilesOf, ...]:
        def words(server: str) -> tuple[str, ...]:
            wanted = copies.get(server)
            return ("stage", wanted.copy, wanted.fingerprint) if wanted else ("told",)

        return self._patiently(words)

    def bring(self, point: datetime | None, copies: Mapping[str, Wanted] | None) -> tuple[FilesOf, ...]:
        def words(server: str) -> tuple[str, ...]:
            if copies is not None and server not in copies:
                return ("keep",)
            wanted = Wanted(copy=point.isoformat()) if point else (copies or {}).get(server, Wanted())
            return _words("bring", wanted.copy, wanted.fingerprint)

        return self._patiently(words)

    def _patiently(self, words: Callable[[str], tuple[str, ...]]) -> tuple[FilesOf, ...]:
        until = time.monotonic() + self.patience_s
        while True:
            try:
                return self._each(words)
            except _ShutError:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOKS_EVERY_S)

    def _each(self, words: Callable[[str], tuple[str, ...]]) -> tuple[FilesOf, ...]:
        found = self.find()
        if lost := next((one for one in found if isinstance(one, Unreached)), None):
            raise _ShutError(f"{lost.name} ({self.site})", lost.reason, "Look at its server.")
        hosts = [one for one in found if isinstance(one, Host)]
        if not hosts:
            raise Failed(f"{self.service} at {self.site}", "its cloud has no server of it", "Look at its servers.")
        with ThreadPoolExecutor(len(hosts)) as pool:
            return tuple(pool.map(lambda host: self._one(host, words(host.name)), hosts))

    def _one(self, host: Host, words: tuple[str, ...]) -> FilesOf:
        try:
            ran = self.line(host).run((*PROGRAM, *words))
        except (Failed, NeedsPerson) as error:
            raise _ShutError(str(host), error.problem, error.remedy) from error
        if ran.exit:
            said = (ran.stderr or ran.stdout).strip().rpartition("\n")[2]
            raise Failed(str(host), f"files.py {words[0]}: {said}", "Look at the host, and at the vault of its site.")
        try:
            return read(json.loads(ran.stdout))
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(str(host), f"nobody can read what its files.py said ({error})", "Look at the host.") from error


def _words(deed: str, *known: str) -> tuple[str, ...]:
    """What is not known is left out."""
    return (deed, *(word for word in known if word))


def read(told: dict[str, Any]) -> FilesOf:
    """As the role `files` tells it, also an earlier one, which staged nothing.

    Raises KeyError, TypeError and ValueError for what it cannot have told.
    """
    brought, pushed, staged = told["brought"] or {}, told["pushed"] or {}, told.get("staged") or {}
    return FilesOf(
        server=str(told["server"]),
        serves=bool(told["serves"]),
        brought=_moment(brought.get("at")),
        taken=_moment(brought.get("taken")),
        files=int(brought.get("files", 0)),
        pushed=_moment(pushed.get("at")),
        copy=str(pushed.get("snapshot") or ""),
        fingerprint=str(pushed.get("fingerprint") or ""),
        staged=str(staged.get("fingerprint") or ""),
        staged_at=_moment(staged.get("at")),
        runs=bool(told.get("runs", True)),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
