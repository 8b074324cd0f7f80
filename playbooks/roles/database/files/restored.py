"""Whether the copies can be restored: into a scratch cluster, to a moment whose rows are known, and compared."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from repository import Repository, position  # type: ignore[import-not-found, unused-ignore]  # beside this file on a host

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
Rows = dict[str, list[str]]
"""Of each table: how many rows, and the sum of their hashes, which is the same in any order."""
_TABLES = """select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1"""
_ROWS = "select '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {table} t"
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
    "recovery_target_inclusive": "off",
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

    def ask(self, *statements: str) -> list[str]:
        """The lines of the answers of one session. Raises BrokenError."""
        where = ("-h", str(self.socket), "-U", "keeper", "-d", self.database)
        argv = (str(PROGRAMS / "psql"), "-XAtqw", "-F", "|", "-v", "ON_ERROR_STOP=1", *where)
        told = _ended(argv, "".join(f"{one};\n" for one in statements))
        if told.returncode:
            raise BrokenError((told.stderr.strip() or "psql failed").splitlines()[-1][:200])
        return told.stdout.split("\n")[:-1]

    def at(self) -> str:
        return self.ask(f"select {_AT}")[0]

    def rows(self) -> "tuple[str, Rows]":
        """The place in the log of one snapshot, and what it holds. Raises BrokenError."""
        names = self.ask(_TABLES)
        each = [_ROWS.format(name=name.replace("'", "''"), table=name) for name in names]
        for _ in range(_TRIES):
            before, begun, *found = self.ask(
                f"select {_AT}",
                "begin isolation level repeatable read",
                f"select {_AT}",
                *each,
                "commit",
            )
            if before == begun:  # nothing came between, so the snapshot is that place's
                return begun, {name: rest for name, *rest in (line.rsplit("|", 2) for line in found)}
        raise BrokenError("the rows never stood still long enough to be compared")


def check(repository: Repository, live: Server, now: Callable[[], datetime]) -> "dict[str, object]":
    """What a restore to this moment found. Raises nothing but what a defect of this program would."""
    told: dict[str, object] = {"restored_to": None, "restore_good": False, "restore_problem": "", "restored_tables": {}}
    try:
        at, wanted = live.rows()
        told["restored_to"] = now().isoformat(timespec="seconds")
        found = told["restored_tables"] = restored(repository, at, live.database)
        alike(wanted, found)
        told["restore_good"] = True
    except BrokenError as problem:
        told["restore_problem"] = str(problem)
    return {**told, "restored_at": now().isoformat(timespec="seconds")}


def alike(wanted: Rows, found: Rows) -> None:
    """Raises BrokenError."""
    if differing := sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name)):
        raise BrokenError(f"{', '.join(differing)}: the restored rows are others than those that were there")


def restored(repository: Repository, to: str, database: str) -> Rows:
    """The rows of the newest base copy and the log up to that place. Raises BrokenError."""
    if not (bases := repository.bases()):
        raise BrokenError("there is no base copy yet")
    scratch = repository.scratch
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        unpack(repository.base(bases[-1]), scratch / "main")
        with_log(scratch, repository.log, to)
        return reached(Server(scratch, database), to)
    finally:
        run(PROGRAMS / "pg_ctl", "-D", scratch / "main", "-m", "immediate", "-W", "stop", must=False)
        until(lambda: not (scratch / "main/postmaster.pid").exists(), 10)
        shutil.rmtree(scratch, ignore_errors=True)


def unpack(base: Path, into: Path) -> None:
    """And hold every file to the sum that the manifest has of it."""
    into.mkdir(mode=0o700)
    run("tar", "--extract", "--gzip", "--file", base / "base.tar.gz", "--directory", into)
    shutil.copyfile(base / "backup_manifest", into / "backup_manifest")
    run(PROGRAMS / "pg_verifybackup", "--no-parse-wal", "--quiet", into)


def with_log(scratch: Path, log: Path, to: str) -> None:
    """Started as a copy that goes forward to that place and stays there; it follows nobody.

    As a standby it waits where the log ends: nothing may have been written since.
    """
    main = scratch / "main"
    (main / "standby.signal").touch()
    settings = {**_SETTINGS, "unix_socket_directories": str(scratch), "recovery_target_lsn": to}
    settings["restore_command"] = _FETCH.format(log=log)
    lines = "".join(f"{name} = {quoted(value)}\n" for name, value in settings.items())
    (main / "postgresql.auto.conf").write_text(lines, encoding="utf-8")
    (main / "pg_hba.conf").write_text("local all all peer\n", encoding="utf-8")
    run(PROGRAMS / "pg_ctl", "-D", main, "-l", scratch / "log", "-s", "-w", "-t", "300", "start")


def reached(server: Server, to: str) -> Rows:
    """Raises BrokenError where the log ends before."""
    if not until(lambda: position(server.at()) >= position(to), 300):
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


def _ended(argv: "tuple[str, ...]", words: str = "") -> "subprocess.CompletedProcess[str]":
    """Raises BrokenError for a program that is not there."""
    try:
        return subprocess.run(argv, input=words, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - own words
    except OSError as problem:
        raise BrokenError(f"{argv[0]}: {problem.strerror}") from problem


def until(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
