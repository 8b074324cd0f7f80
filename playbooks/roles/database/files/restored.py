"""A cluster that is made of the copies, in a folder of its own, where nobody but its user reaches it.

What is restored may be hostile: whoever holds the data centre writes into it what they like, code that runs when the
cluster starts or is read as well. So the cluster's user is not the owner of the copies (restorer.py, quarantined.py).
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from repository import Repository, position  # type: ignore[import-not-found, unused-ignore]  # beside this file on a host

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
Rows = dict[str, list[str]]
"""Of each table: how many rows, and the sum of their hashes, which is the same in any order."""
_TABLES = """select coalesce(jsonb_agg(format('%I.%I', schemaname, tablename) order by schemaname, tablename), '[]')
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"""
_ROWS = "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {table} t"
_COUNTS = "select count(*) from {table}"
_AT = "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end"
_FETCH = 'cp "{log}/%f" "%p" 2>/dev/null || gzip -dc "{log}/%f.gz" > "%p" 2>/dev/null || cp "{log}/%f.partial" "%p"'
_SETTINGS = {
    "listen_addresses": "",
    "ssl": "off",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_senders": "8",
    "archive_mode": "off",
    "hot_standby": "on",
    "wal_retrieve_retry_interval": "500ms",
    "recovery_target_action": "pause",
    "recovery_target_timeline": "latest",
}
_TRIES = 50


class BrokenError(Exception):
    """Why the copies are of no use, in a sentence."""


@dataclass(frozen=True)
class Server:
    """A cluster on this host, by the folder of its socket."""

    socket: Path
    database: str
    user: str = "keeper"

    def ask(self, *statements: str) -> list[str]:
        """The lines of the answers of one session. Raises BrokenError.

        Each is an argument of its own, which psql hands on as it is: of a name with a command of psql's own in it
        nothing is done here.
        """
        where = ("-h", str(self.socket), "-U", self.user, "-d", self.database)
        each = (word for one in statements for word in ("-c", one))
        told = _ended((str(PROGRAMS / "psql"), "-XAtqw", "-F", "|", "-v", "ON_ERROR_STOP=1", *where, *each))
        if told.returncode:
            raise BrokenError((told.stderr.strip() or "psql failed").splitlines()[-1][:200])
        return told.stdout.split("\n")[:-1]

    def at(self) -> str:
        return self.ask(f"select {_AT}")[0]

    def stopped(self) -> bool:
        """Whether a copy that goes forward stands at its target: what is next begins there, or behind it."""
        return self.ask("select pg_get_wal_replay_pause_state()") == ["paused"]

    def rows(self) -> tuple[str, Rows]:
        """The place in the log of one snapshot, and what it holds. Raises BrokenError.

        Tables come and go while somebody looks, so the snapshot itself is asked for their names.
        """
        names = self.tables()
        for _ in range(_TRIES):
            each = [_ROWS.format(table=name) for name in names]
            try:
                before, begun, there, *found = self.ask(
                    f"select {_AT}",
                    "begin isolation level repeatable read",
                    f"select {_AT}",
                    _TABLES,
                    *each,
                    "commit",
                )
                known = _names(there)
            except BrokenError:
                if (known := self.tables()) == names:
                    raise
            else:
                if before == begun and known == names:  # nothing came between, so the snapshot is that place's
                    return begun, {name: line.split("|") for name, line in zip(names, found, strict=True)}
            names = known
        raise BrokenError("the rows never stood still long enough to be compared")

    def tables(self) -> list[str]:
        """As a statement names them."""
        return _names(self.ask(_TABLES)[0])

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        names = self.tables()
        found = self.ask(*(_COUNTS.format(table=name) for name in names)) if names else []
        return {name: int(line) for name, line in zip(names, found, strict=True)}


def _names(told: str) -> list[str]:
    return [str(name) for name in json.loads(told)]


def alike(wanted: Rows, found: Rows) -> None:
    """Raises BrokenError."""
    if differing := sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name)):
        raise BrokenError(f"{', '.join(differing)[:500]}: the restored rows are others than those that were there")


def rows_at(repository: Repository, base: Path, to: str, database: str, scratch: Path) -> Rows:
    """The rows of that base copy and the log up to the place `to`; `scratch` is empty before and after.

    Raises BrokenError.
    """
    clear(scratch)
    try:
        unpack(base, scratch / "main")
        start(scratch, repository.log, {"recovery_target_lsn": to, "recovery_target_inclusive": "off"})
        return reached(Server(scratch, database), to)
    finally:
        stop(scratch, "immediate")
        clear(scratch)


def clear(folder: Path) -> None:
    """Of all that is in it; the folder is another's to remove."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def unpack(base: Path, into: Path) -> None:
    """And hold every file to the sum that the manifest has of it."""
    into.mkdir(mode=0o700)
    run("tar", "--extract", "--gzip", "--file", base / "base.tar.gz", "--directory", into)
    shutil.copyfile(base / "backup_manifest", into / "backup_manifest")
    run(PROGRAMS / "pg_verifybackup", "--no-parse-wal", "--quiet", into)


def start(folder: Path, log: Path | None, target: Mapping[str, str]) -> None:
    """Started as a copy that goes forward to the target and stays there; it follows nobody; its user alone comes in.

    As a standby it waits where the log ends: nothing may have been written since. Without `log` it has no more of that
    than it has read already.
    """
    main = folder / "main"
    (main / "standby.signal").touch()
    settings = {**_SETTINGS, **target, "unix_socket_directories": str(folder)}
    settings["restore_command"] = _FETCH.format(log=log) if log else ""
    lines = "".join(f"{name} = {quoted(value)}\n" for name, value in settings.items())
    (main / "postgresql.auto.conf").write_text(lines, encoding="utf-8")
    (main / "postgresql.conf").write_text("", encoding="utf-8")
    (main / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
    run(PROGRAMS / "pg_ctl", "-D", main, "-l", folder / "log", "-s", "-w", "-t", "300", "start")


def stop(folder: Path, how: str) -> None:
    run(PROGRAMS / "pg_ctl", "-D", folder / "main", "-m", how, "-W", "stop", must=False)
    until(lambda: not (folder / "main/postmaster.pid").exists(), 60)


def reached(server: Server, to: str) -> Rows:
    """Raises BrokenError where the log ends before.

    A target that is the first place of a segment is never passed: all before it ends in the segment before.
    """
    if not until(lambda: position(server.at()) >= position(to) or server.stopped(), 300):
        raise BrokenError(f"the log ends at {server.at()}, before {to}")
    return server.rows()[1]


def quoted(value: str) -> str:
    """As postgresql.conf has it."""
    return "'" + value.replace("'", "''") + "'"


def run(*command: "str | Path", must: bool = True) -> None:
    done = _ended(tuple(map(str, command)))
    if must and done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}").splitlines()[-1]
        raise BrokenError(f"{Path(str(command[0])).name}: {said[:200]}")


def _ended(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Raises BrokenError for a program that is not there."""
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - a list
    except OSError as problem:
        raise BrokenError(f"{argv[0]}: {problem.strerror}") from problem


def until(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
