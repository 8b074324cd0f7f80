"""Copies of this host's files, by restic: into the vault of the other site, and back from the vault of the own one.

    begin           from now on, a copy as often as BACKUP_EVERY asks for (a timer of systemd)
    push            a copy now, if this site serves
    leave [PRINT]   one more copy, and none from then on: the other site serves. The programs of a service without a
                    database end before that, for they write nothing but files; who makes a copy shortly before lets
                    them stand still for a shorter time. No copy is made of files that still have this fingerprint: the
                    other site has them beside its own
    wait            no copy from here until `bring` or `keep`: the other site serves. The programs run: a loss of the
                    other site finds them warm
    stage COPY PRINT
                    the copy of this id, of files with this fingerprint, lies beside the files until `bring`
    bring [COPY [PRINT]]
                    the newest copy, that of this id, or the newest that was made before this moment, becomes the files;
                    this site serves. One of files with this fingerprint is not fetched again where it lies beside them
    keep            the files stay as they are; this site serves
    back            what `bring` moved aside becomes the files again; the other site serves
    told            how it stands

Each but the first answers with JSON. Exit 3: there is no such copy, and nothing was changed. A moment is ISO 8601.
A volume that says nothing of it serves at the data centre, and stands by at the recovery site.
"""

import fcntl
import json
import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fingerprint import fingerprint  # type: ignore[import-not-found, unused-ignore]
from swap import STAYS, Place  # type: ignore[import-not-found, unused-ignore]

VOLUME = Path("/mnt/vdb")
ENVIRONMENT = Path("/run/service.env")
KEY = Path("/etc/service/files-key")
TLS = Path("/etc/ssl/service")
RUN = Path("/run/files")
PORT = 8000
EARLY = 0.8
"""A copy is begun before it is due, so that the newest is not older than was declared, even while the next is made."""
SPREAD = 0.1
"""Of that time, by which hosts differ: they do not begin all at once."""
TRIES = 3
"""Of a copy while a program removes files: one that goes between its name and its reading is missing in no copy."""
DEEDS = {
    "push": {0},
    "leave": {0, 1},
    "wait": {0},
    "stage": {2},
    "bring": {0, 1, 2},
    "keep": {0},
    "back": {0},
    "told": {0},
}
"""How many words each may have behind it."""
_UNREAD = 3
"""What `restic backup` ends with where it could not read a file."""
_VERIFIED = re.compile(r"finished verifying (\d+) files")
_RESTORED = re.compile(r"restoring <Snapshot ([0-9a-f]+) of .* at ([0-9-]+ [0-9:.]+) ([+-][0-9]{4}) ")
_ID = re.compile(r"[0-9a-f]{8,64}")
_NOT_THERE = "Is there a repository at the following location?"


class BrokenError(Exception):
    """A sentence for whoever looks."""


class MissingError(BrokenError):
    """There is no such copy."""


class UnreadError(BrokenError):
    """A file of those that were to be copied could not be read; the others are copied."""


class Files:
    """Of the host that the environment describes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._told, self.place = environment, Place(VOLUME)
        self.server = environment["SERVER"]

    def serves(self) -> bool:
        known = self.place.known()
        return bool(known.get("serves", self._told.get("SITE_ROLE") == "datacentre"))

    def push(self) -> dict[str, Any]:
        """One copy; none where this site stands by."""
        if not self.serves():
            return self.told()
        at, seen, vault = now(), fingerprint(self.place.volume), self._told["VAULT_THERE"]
        try:
            said = self._backup(vault)
        except MissingError:
            self.restic(vault, "init")
            said = self._backup(vault)
        summary = json.loads(said.strip().splitlines()[-1])
        copy = {"snapshot": summary["snapshot_id"], "files": summary["total_files_processed"]}
        self.place.note(pushed={"at": at, "fingerprint": seen, **copy})
        return self.told()

    def _backup(self, vault: str) -> str:
        """What restic says of a copy that has every file. Raises UnreadError where one cannot be read at all."""
        words = ("backup", "--json", "--one-file-system", "--exclude-caches", "--host", self.server, str(VOLUME))
        away = tuple(word for name in sorted(STAYS) for word in ("--exclude", f"{VOLUME}/{name}"))
        for _ in range(TRIES - 1):
            with suppress(UnreadError):
                return self.restic(vault, *words, *away)
        return self.restic(vault, *words, *away)

    def leave(self, staged: str = "") -> dict[str, Any]:
        if self.serves():
            if not self._told.get("DATABASE"):
                self._roles("stop")
            pushed = self.place.known().get("pushed") or {}
            at = now()
            if staged and staged == pushed.get("fingerprint") == fingerprint(self.place.volume):
                self.place.note(pushed={**pushed, "at": at})
            else:
                self.push()
            self.place.note(serves=False)
        return self.told()

    def wait(self) -> dict[str, Any]:
        """The other side serves, and this one waits for its files. Programs that ended as it left run again."""
        self.place.finish()
        self.place.note(serves=False)
        self._roles("start")
        return self.told()

    def stage(self, copy: str, seen: str) -> dict[str, Any]:
        """Beside the files of a host that stands by: these stay as they are."""
        self.place.finish()
        if not self.serves() and self._staged().get("fingerprint") != seen:
            brought = self._restored(copy)
            self.place.note(staged={**brought, "fingerprint": seen})
        return self.told()

    def bring(self, copy: str = "", seen: str = "") -> dict[str, Any]:
        """Checked by restic before it takes the place of the files. Where this site serves, its files are the newest
        that there are: nothing is brought. Whoever knows the copy's id spares the host to ask for the list of them."""
        self.place.finish()
        if not self.serves():
            brought = self._staged()
            if not seen or brought.pop("fingerprint", "") != seen:
                brought = self._restored(copy if _ID.fullmatch(copy) else self._chosen(copy)["id"])
            if self.place.moves():
                self._roles("stop")
            self.place.swap(brought={**brought, "taken": now()}, staged=None, serves=True)
        return self.keep()

    def _staged(self) -> dict[str, Any]:
        return dict(self.place.known().get("staged") or {})

    def _restored(self, chosen: str) -> dict[str, Any]:
        """What restic says of the copy, which lies beside the files from now on."""
        self.place.clear()
        target = str(self.place.coming)
        return restored(self.restic(self._told["VAULT_HERE"], "restore", chosen, "--verify", "--target", target))

    def keep(self) -> dict[str, Any]:
        self.place.finish()
        self.place.note(serves=True)
        self._roles("start")
        return self.told()

    def back(self) -> dict[str, Any]:
        """Nothing where no copy was brought since this site stood by."""
        self.place.finish()
        if self.place.known().get("brought"):
            self._roles("stop")
            self.place.back(brought=None, serves=False)
        self.place.note(brought=None, serves=False)
        self._roles("start")
        return self.told()

    def told(self) -> dict[str, Any]:
        known = self.place.known()
        told = {name: known.get(name) for name in ("pushed", "staged", "brought")}
        return {"at": now(), "server": self.server, "serves": self.serves(), "runs": self._run(), **told}

    def _chosen(self, before: str) -> dict[str, Any]:
        found = json.loads(self.restic(self._told["VAULT_HERE"], "snapshots", "--json", "--host", self.server) or "[]")
        until = moment(before) if before else datetime.max.replace(tzinfo=UTC)
        good = [one for one in found if moment(one["time"]) <= until]
        if not good:
            raise MissingError(f"no copy of {self.server} is in the vault{f' of before {before}' if before else ''}")
        newest: dict[str, Any] = max(good, key=lambda one: moment(one["time"]))
        return newest

    def _targets(self) -> list[str]:
        """Whatever else this host does."""
        names = [role for role in self._told.get("ROLES", "").split(",") if role not in {"files", "vault", ""}]
        return [f"role-{name}.target" for name in names]

    def _run(self) -> bool:
        """Whether the programs do, or were never ended."""
        targets = self._targets()
        said = run("systemctl", "show", "-P", "ActiveState", *targets).split() if targets else []
        return all(state == "active" for state in said)

    def _roles(self, verb: str) -> None:
        """Its programs hold no file while others take the files' place.

        A target has stopped before its programs have: so these are named, and waited for.
        """
        if targets := self._targets():
            programs = run("systemctl", "show", "-P", "ConsistsOf", *targets).split() if verb == "stop" else []
            run("systemctl", verb, *targets, *programs)

    def restic(self, vault: str, *words: str) -> str:
        """What it writes. Raises MissingError where nothing of this host was ever copied there, BrokenError."""
        pair = RUN / "pair.pem"
        pair.write_text("".join((TLS / name).read_text(encoding="ascii") for name in ("chain.pem", "key.pem")))
        where = f"rest:https://{vault}:{PORT}/{self._told['SERVICE']}/{self.server}"
        tls = ("--cacert", str(TLS / "trust.pem"), "--tls-client-cert", str(pair))
        return run("restic", "-r", where, "-p", str(KEY), *tls, "--cache-dir", "/var/cache/files", *words)


def run(*command: str) -> str:
    surroundings = {**os.environ, "HOME": "/root"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=surroundings)  # noqa: S603 - own words
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        if _NOT_THERE in said:
            raise MissingError("nothing of this host is in the vault")
        unread = command[0] == "restic" and "backup" in command and done.returncode == _UNREAD
        kind = UnreadError if unread else BrokenError
        raise kind(f"{command[0]}: {said.splitlines()[-1] if said else f'exit {done.returncode}'}")
    return done.stdout


def restored(said: str) -> dict[str, Any]:
    """Of when the copy is that restic restored, and how many files of it are verified. Raises BrokenError where it does
    not say either."""
    copy, counted = _RESTORED.search(said), _VERIFIED.search(said)
    if copy is None or counted is None:
        raise BrokenError("restic does not say which copy it restored, and that it verified it")
    made = datetime.strptime(f"{copy[2].partition('.')[0]} {copy[3]}", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    return {"at": made.isoformat(timespec="seconds"), "snapshot": copy[1], "files": int(counted[1])}


def moment(text: str) -> datetime:
    """restic tells nanoseconds, which Python of Debian 12 takes; the offset is always told."""
    return datetime.fromisoformat(text).astimezone(UTC)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def environment() -> dict[str, str]:
    """What the host knows of itself, as lines NAME="VALUE"."""
    words = shlex.split(ENVIRONMENT.read_text(encoding="utf-8"))
    return dict(word.split("=", 1) for word in words)


def begin() -> None:
    """A timer that lives as long as the host, or until somebody stops it."""
    every = int(environment().get("BACKUP_EVERY") or 3600) * EARLY
    spread = random.uniform(0, every * SPREAD)  # noqa: S311 - no secret
    when = (
        f"--on-active={min(spread, 30):.0f}",
        f"--on-unit-active={every - spread:.0f}",
        "--timer-property=AccuracySec=1s",
    )
    again = (
        "--property=Type=oneshot",
        "--property=Restart=on-failure",
        "--property=RestartSec=30",
        "--property=Nice=10",
    )
    program = ("/usr/bin/python3", str(Path(__file__)), "push")
    run("systemd-run", "--unit=files-copy", "--collect", *when, *again, *program)


@contextmanager
def alone() -> Iterator[None]:
    """One at a time on this host: the timer's copy, and a drill's."""
    RUN.mkdir(mode=0o700, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def deed(name: str, *words: str) -> dict[str, Any]:
    if not VOLUME.is_mount():
        raise BrokenError(f"no volume is at {VOLUME}")
    files = Files(environment())
    if name == "told":
        return files.told()
    with alone():
        done: dict[str, Any] = getattr(files, name)(*words)
    return done


def main(words: list[str]) -> int:
    os.umask(0o077)
    if words[:1] == ["begin"]:
        begin()
        return 0
    if not words or words[0] not in DEEDS or len(words) - 1 not in DEEDS[words[0]]:
        print(__doc__, file=sys.stderr)  # noqa: T201 - what a program says
        return 2
    try:
        told = deed(*words)
    except BrokenError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - as above
        return 3 if isinstance(problem, MissingError) else 1
    print(json.dumps(told))  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
