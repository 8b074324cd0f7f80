"""Brings a database back to a point in time, in quarantine: beside its data, where nobody but its own user reaches it.

What back.py asks for lies in request.json of the quarantine; what was found, in told.json. It runs as a user who reads
the copies and owns nothing else, for what is brought back may be hostile. Before it is told to be good,

    each file of the base copy has the sum that its manifest has of it,
    the log goes to the point, and the cluster leads on a timeline of its own from there,
    pg_amcheck finds every table and index whole, and the rows of every table can be counted,
    the city's own scan, if the image has one, has nothing against it,
    and the sum of every page is right, once the cluster stands still.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from repository import Repository, write  # type: ignore[import-not-found, unused-ignore]
from restored import (  # type: ignore[import-not-found, unused-ignore]
    PROGRAMS,
    BrokenError,
    Server,
    run,
    start,
    stop,
    unpack,
    until,
)

QUARANTINE = Path("/mnt/vdb/quarantine")
SCAN = Path("/etc/database/scan")
"""A program of the image's own: PGHOST, PGUSER and PGDATABASE lead to the cluster. It ends with 0 where all is well."""
_WAIT_S = 3600.0
_QUIET = 10
"""So many looks without any progress: then the log is at its end, for it is on this host."""
_REPLAYED = "select pg_last_wal_replay_lsn(), pg_get_wal_replay_pause_state()"
_HAS_CHECK = "select count(*) from pg_extension where extname = 'amcheck'"
_SCAN_S = 3600


def brought(request: Mapping[str, str], folder: Path) -> dict[str, object]:
    """What was found; `problem` where it is not good."""
    point = datetime.fromisoformat(request["point"])
    told: dict[str, object] = {"point": request["point"], "base": request["base"], "good": False, "problem": ""}
    repository = Repository(Path(request["copies"]))
    server = Server(folder, request["database"], "postgres")
    try:
        unpack(repository.folder / "base" / request["base"], folder / "main")
        start(folder, repository.log, {"recovery_target_time": point.isoformat()})
        if not reach(server):
            stop(folder, "fast")
            start(folder, None, {})  # PostgreSQL promotes none that was to go further
        told["last_change"] = server.ask("select pg_last_xact_replay_timestamp() at time zone 'UTC'")[0]
        run(PROGRAMS / "pg_ctl", "-D", folder / "main", "-s", "-w", "-t", "300", "promote")
        whole(server)
        told["rows"] = server.counts()
        told["scan"] = scanned(folder, request["database"])
        stop(folder, "fast")
        run(PROGRAMS / "pg_checksums", "--check", "-D", folder / "main")
        told["good"] = True
    except BrokenError as problem:
        told["problem"] = str(problem)
    finally:
        stop(folder, "immediate")
    return told


def reach(server: Server) -> bool:
    """Whether it waits at the point; else it waits where the log ends, and nothing was written between the two.

    Raises BrokenError.
    """
    seen: list[tuple[str, str]] = []

    def there() -> bool:
        at, state = server.ask(_REPLAYED)[0].split("|")
        seen.append((at, state))
        return state == "paused" or (len(seen) > _QUIET and len(set(seen[-_QUIET:])) == 1)

    if not until(there, _WAIT_S):
        raise BrokenError("the log did not come to its end")
    return seen[-1][1] == "paused"


def whole(server: Server) -> None:
    """Every table and index is what it should be. Leaves nothing in the database. Raises BrokenError."""
    had = server.ask(_HAS_CHECK)[0] != "0"
    where = ("-h", server.socket, "-U", server.user, "-d", server.database)
    run(PROGRAMS / "pg_amcheck", *where, "--install-missing")
    if not had:
        server.ask("drop extension amcheck")


def scanned(folder: Path, database: str) -> str:
    """By the city's own program; its last line. Raises BrokenError where it has something against it."""
    if not SCAN.exists():
        return "no scan is declared"
    environment = {**os.environ, "PGHOST": str(folder), "PGUSER": "postgres", "PGDATABASE": database}
    try:
        done = subprocess.run(  # noqa: S603 - the image's own program
            [str(SCAN)], env=environment, capture_output=True, text=True, check=False, timeout=_SCAN_S, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise BrokenError(f"{SCAN}: {problem}") from problem
    said = ([*done.stderr.strip().splitlines(), *done.stdout.strip().splitlines()] or ["it says nothing"])[-1][:300]
    if done.returncode:
        raise BrokenError(f"{SCAN} ended with {done.returncode}: {said}")
    return said


def main() -> None:
    request = json.loads((QUARANTINE / "request.json").read_text(encoding="utf-8"))
    write(QUARANTINE / "told.json", brought(request, QUARANTINE))


if __name__ == "__main__":
    sys.exit(main())
