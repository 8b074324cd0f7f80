"""Runs beside the server of a vault, as the same user: says what copies there are, and whether they are whole.

A copy lies at SERVICE/SERVER below FOLDER, as restic keeps it. Whenever one came, `restic check` looks at all that is
there of that server; at the start and then each day copies go that are older than VAULT_KEEP seconds, but for the
newest. The key of a service is made from the vault's own secret, so that a vault knows it and no service knows
another's.

/run/vault/standing.json says how it stands, anew every few seconds; what is not known is null. A copy that says that it
is of the future is not the newest: who forged it would hide that no other one came since.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

FOLDER = Path("/mnt/vdb/vault")
MASTER = Path("/etc/service/vault-key")
STANDING = Path("/run/vault/standing.json")
LOOKS_EVERY_S = 5.0
FORGETS_EVERY_S = 24 * 3600.0


class BrokenError(Exception):
    """A sentence for whoever looks."""


@dataclass
class Kept:
    """What was found of one server's copies; `looked` are the names of the copies that were there then."""

    looked: frozenset[str] = frozenset()
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class Vault:
    keep_s: int
    kept: dict[Path, Kept] = field(default_factory=dict)
    forgot: float = -inf
    """When it was last seen to that copies go: a vault that restarts every day forgets, too."""

    def round(self) -> None:
        """What is due: what came is looked at, and after each look it is said how all stands."""
        for repository in repositories():
            known, there = self.kept.setdefault(repository, Kept()), copies(repository)
            if there and there != known.looked:
                self.kept[repository] = Kept(looked=there, told=self.look(repository))
                self.tell()
        if time.monotonic() - self.forgot > FORGETS_EVERY_S:
            self.forgot = time.monotonic()
            self.forget()
        self.tell()

    def look(self, repository: Path) -> dict[str, Any]:
        problem = ""
        try:
            restic(repository, "check", "--no-lock")
        except BrokenError:  # a copy may have been coming just then
            try:
                restic(repository, "check", "--no-lock")
            except BrokenError as again:
                problem = str(again)
        found: list[dict[str, Any]] = []
        try:
            found = json.loads(restic(repository, "snapshots", "--json", "--no-lock"))
        except (BrokenError, ValueError) as silent:
            problem = problem or f"nobody can read its copies: {silent}"
        moments = sorted(datetime.fromisoformat(one["time"]).astimezone(UTC) for one in found)
        until_now = [moment for moment in moments if moment <= datetime.now(UTC)]
        return {
            "newest": until_now[-1].isoformat(timespec="seconds") if until_now else None,
            "oldest": moments[0].isoformat(timespec="seconds") if moments else None,
            "count": len(moments),
            "bytes": sum(path.stat().st_size for path in repository.rglob("*") if path.is_file()),
            "good": not problem,
            "problem": problem,
            "checked_at": now(),
        }

    def forget(self) -> None:
        """What stands in the way today, goes tomorrow."""
        for repository in repositories():
            try:
                restic(repository, "unlock")
                restic(repository, "forget", "--prune", "--keep-within", f"{max(self.keep_s // 3600, 1)}h")
            except BrokenError as problem:
                print(f"{repository}: {problem}", flush=True)  # noqa: T201 - for the journal

    def tell(self) -> None:
        copies_of: dict[str, dict[str, Any]] = {}
        for repository, known in self.kept.items():
            if known.told:
                copies_of.setdefault(repository.parent.name, {})[repository.name] = known.told
        partial = STANDING.with_suffix(".partial")
        partial.write_text(json.dumps({"at": now(), "copies": copies_of}), encoding="utf-8")
        partial.chmod(0o644)
        partial.rename(STANDING)


def repositories() -> Iterator[Path]:
    """Those that were begun; a name of a folder is whatever somebody chose."""
    yield from sorted(path.parent for path in FOLDER.glob("*/*/config"))


def copies(repository: Path) -> frozenset[str]:
    folder = repository / "snapshots"
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def key(service: str) -> str:
    master = MASTER.read_bytes().strip()
    return hmac.new(master, f"files of {service}".encode(), hashlib.sha256).hexdigest()


def restic(repository: Path, *words: str) -> str:
    environment = {**os.environ, "RESTIC_PASSWORD": key(repository.parent.name), "HOME": "/nonexistent"}
    argv = ("restic", "-r", str(repository), "--no-cache", *words)
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - own words
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise BrokenError(said.splitlines()[-1] if said else f"restic ended with {done.returncode}")
    return done.stdout


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> None:
    vault = Vault(keep_s=int(os.environ.get("VAULT_KEEP") or 30 * 86400))
    while True:
        vault.round()
        time.sleep(LOOKS_EVERY_S)


if __name__ == "__main__":
    sys.exit(main())
