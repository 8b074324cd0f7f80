"""Runs beside PostgreSQL on a database host, as a user of its own: says how the database stands, and keeps its copies.

The copies are kept at the second of DATABASE_HOSTS, the recovery site's, from the cluster that is there, whether it
follows or leads: the log as a stream, a base copy each BACKUP_EVERY seconds, both for BACKUP_KEEP seconds. After the
first base copy, and then each night, the copies are restored by somebody else and compared here (restorer.py).

/run/database/standing.json says how it stands, anew every few seconds, and points.json, anew each minute, to which
moments the copies can bring it back; what is not known is null.

Whatever the database says is only data here: it may be in hostile hands, and this program owns the copies.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from points import every  # type: ignore[import-not-found, unused-ignore]
from repository import MOMENT, Repository, first_segment, write  # type: ignore[import-not-found, unused-ignore]
from restored import PROGRAMS, BrokenError, Rows, Server, alike, run  # type: ignore[import-not-found, unused-ignore]

STANDING = Path("/run/database-keeper/standing.json")
POINTS = STANDING.with_name("points.json")
RECEIVER = STANDING.with_name("receiver.log")
STUCK_S = 120.0
_GAPS = ("has already been removed", "is ahead of the WAL flush position", "is not in this server's history")
"""So a cluster says that it has not the log that comes next (its messages of 15, in English)."""
_FORGET = """select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where slot_name = 'keeper' and not active"""
"""A slot remembers from where the log was asked for last, and an empty folder is filled from there."""
RESTORER = Path("/run/database-restorer/socket")
PATIENCE_S = 3600.0
MOST_BYTES = 4 * 1024 * 1024
POINTS_EVERY_S = 60.0
ROOM = 0.05
"""Of the disk, that stays free of copies."""
EARLY = 0.9
"""A copy is begun a little before it is due, so that none is ever older than was declared."""
FOLDER = Path("/mnt/vdb/copies")
SOCKET = Path("/run/postgresql")
LOOKS_EVERY_S = 10.0
NIGHT_H = 2
"""From this hour (UTC) on, a night's restore is due."""
_STANDING = """select json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()),
  'timeline', case when pg_is_in_recovery()
    then coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  'streams', case when pg_is_in_recovery() then exists (select from pg_stat_wal_receiver where status = 'streaming')
    else exists (select from pg_stat_replication where state = 'streaming' and usename = 'replicator') end,
  'lag_s', case when pg_is_in_recovery()
    then case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver)
      then 0 else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end
    else (select extract(epoch from coalesce(max(replay_lag), '0')) from pg_stat_replication
      where usename = 'replicator' having count(*) > 0) end,
  'lag_bytes', case when pg_is_in_recovery() then pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn()
    else (select max(pg_current_wal_lsn() - replay_lsn) from pg_stat_replication where usename = 'replicator') end,
  'slot_kept_bytes', case when pg_is_in_recovery() then null
    else (select max(pg_current_wal_lsn() - restart_lsn) from pg_replication_slots where {followers}) end,
  'slot_state', case when pg_is_in_recovery() then null else (select wal_status from pg_replication_slots
    where {followers} order by array_position(array['lost', 'unreserved'], wal_status) limit 1) end)""".format(  # noqa: S608 - own words
    followers="slot_type = 'physical' and slot_name in ('datacentre', 'recovery')"
)


@dataclass
class Keeper:
    """`keeps` is whether the copies are this host's to keep; `streaming` is the program that takes the log."""

    server: Server
    repository: Repository
    every: timedelta
    keep: timedelta
    keeps: bool
    streaming: subprocess.Popen[bytes] | None = field(default=None)
    stuck: float | None = field(default=None)
    listed: float = field(default=-POINTS_EVERY_S)

    def round(self) -> None:
        """What is due. A copy that fails is tried again in the next round."""
        if self.keeps:
            try:
                self.leave_room()
                self.stream()
                self.repository.compress()
                self.copy_if_due()
                self.restore_if_due()
                self.repository.forget(now(), self.keep)
                self.repository.forget_closed(now(), self.keep)
            except BrokenError as problem:
                print(f"waits: {problem}", flush=True)  # noqa: T201 - for the journal
            self.list_points()
        write(STANDING, self.standing())

    def list_points(self) -> None:
        if time.monotonic() - self.listed >= POINTS_EVERY_S:
            self.listed = time.monotonic()
            found = every(self.repository, None if self.failing() else now())
            at = now().isoformat(timespec="seconds")
            write(POINTS, {"at": at, "points": [one.as_json() for one in found]})

    def leave_room(self) -> None:
        """The database has the same disk, and stops where that is full: so then no copy is added, and none is removed.

        Raises BrokenError.
        """
        disk = shutil.disk_usage(self.repository.folder)
        if disk.free < disk.total * ROOM:
            if self.streaming is not None and self.streaming.poll() is None:
                self.streaming.terminate()
            raise BrokenError(f"{disk.free // 2**20} MB are left on the disk of the copies: let it grow")

    def stream(self) -> None:
        """Take the log from the cluster on this host, from where it was taken last."""
        if self.streaming is not None and self.streaming.poll() is None:
            self.stuck = None
            return
        self.begin_anew_behind_a_gap()
        words = ("-D", str(self.repository.log), "-h", str(SOCKET), "-U", "keeper", "-S", "keeper", "-w")
        run(PROGRAMS / "pg_receivewal", *words, "--create-slot", "--if-not-exists")
        argv = (str(PROGRAMS / "pg_receivewal"), *words, "--no-loop", "--status-interval=1")
        with RECEIVER.open("wb") as said:
            self.streaming = subprocess.Popen(argv, stderr=said)  # noqa: S603 - a list of own words

    def begin_anew_behind_a_gap(self) -> None:
        """Where the cluster has no more of the log that comes next, as after it was copied anew: what was kept until
        then is a past of its own, and new copies begin. A cluster that only starts says the same for a while."""
        said = RECEIVER.read_text(encoding="utf-8", errors="replace") if self.streaming is not None else ""
        gap = next((line for line in said.splitlines() if any(one in line for one in _GAPS)), None)
        if gap is None:
            self.stuck = None
            return
        self.stuck = time.monotonic() if self.stuck is None else self.stuck
        if time.monotonic() - self.stuck >= STUCK_S:
            self.server.ask(_FORGET)
            past = self.repository.past(now())
            self.repository.close(past)
            self.repository.make()
            self.stuck = None
            print(f"begins new copies: {gap}; the old are {past}", flush=True)  # noqa: T201 - for the journal

    def copy_if_due(self) -> None:
        bases = self.repository.bases()
        if not bases or now() - bases[-1] >= self.every * EARLY:
            self.copy()

    def copy(self) -> None:
        """A base copy, which appears once it is whole and on the disk; the log that it needs to be whole is in it."""
        begun = now()
        part = self.repository.base(begun).with_name(begun.strftime(MOMENT) + ".part")
        shutil.rmtree(part, ignore_errors=True)
        how = ("-F", "tar", "-X", "fetch", "-c", "fast", "--compress=client-gzip:1", "--no-sync", "-w")
        run(PROGRAMS / "pg_basebackup", "-h", SOCKET, "-U", "keeper", "-D", part, *how)
        first_segment(part)
        os.sync()
        part.rename(self.repository.base(begun))
        self.repository.tell(backup_at=now().isoformat(timespec="seconds"))

    def restore_if_due(self) -> None:
        """Once there is a base copy, then each night, and after a bad one again with each base copy."""
        told, bases = self.repository.told(), self.repository.bases()
        last = told.get("restored_at")
        if not bases or (last and not due(datetime.fromisoformat(last), now(), bases[-1], good=told["restore_good"])):
            return
        self.repository.tell(**self.check())

    def check(self) -> dict[str, Any]:
        """What a restore to this moment found."""
        told: dict[str, Any] = {
            "restored_to": None,
            "restore_good": False,
            "restore_problem": "",
            "restored_tables": {},
        }
        try:
            at, wanted = self.server.rows()
            told["restored_to"] = now().isoformat(timespec="seconds")
            found, base = restored(at, self.server.database, lambda: write(STANDING, self.standing()))
            alike(wanted, found)
            proven = {**(self.repository.told().get("proven") or {}), base: told["restored_to"]}
            known = {begun.strftime(MOMENT) for begun in self.repository.bases()}
            told |= {"proven": {name: to for name, to in proven.items() if name in known}}
            told |= {"restore_good": True, "restored_tables": found}
        except BrokenError as problem:
            told["restore_problem"] = str(problem)
        return {**told, "restored_at": now().isoformat(timespec="seconds")}

    def standing(self) -> dict[str, Any]:
        found: dict[str, Any] = {"at": now().isoformat(timespec="seconds")}
        try:
            found |= json.loads("".join(self.server.ask(_STANDING)))
        except (BrokenError, ValueError) as problem:
            found["problem"] = str(problem)
        if self.keeps:
            found |= {"archived_at": self.archived(), "archive_failing": self.failing(), **self.told()}
        return found

    def told(self) -> dict[str, Any]:
        """What is for whoever asks how it stands: the tables' names may be many."""
        return {
            name: value for name, value in self.repository.told().items() if name not in {"restored_tables", "proven"}
        }

    def archived(self) -> str | None:
        """When the last full segment of the log came to the copies."""
        times = [path.stat().st_mtime for path in self.repository.log.iterdir() if path.name.endswith(".gz")]
        return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None

    def failing(self) -> bool:
        return self.streaming is None or self.streaming.poll() is not None


def restored(to: str, database: str, meanwhile: Callable[[], None]) -> tuple[Rows, str]:
    """The rows of the copies, restored by the restorer, and the name of the base copy. Raises BrokenError.

    `meanwhile` is called every few seconds. What the restorer says is held to its form: it ran what was restored.
    """
    deadline, told = time.monotonic() + PATIENCE_S, b""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(RESTORER))
            line.sendall(json.dumps({"to": to, "database": database}).encode() + b"\n")
            line.settimeout(LOOKS_EVERY_S)
            while time.monotonic() < deadline and len(told) <= MOST_BYTES:
                try:
                    part = line.recv(65536)
                except TimeoutError:
                    meanwhile()
                    continue
                if not part:
                    return _rows(told)
                told += part
    except OSError as problem:
        raise BrokenError(f"nobody restores: {problem.strerror}") from problem
    raise BrokenError("the restore did not come to its end")


def _rows(told: bytes) -> tuple[Rows, str]:
    try:
        found = json.loads(told)
        if "problem" in found:
            raise BrokenError(str(found["problem"])[:300])
        rows = {str(name): [str(one)[:80] for one in each] for name, each in found["rows"].items()}
        return rows, str(found["base"])
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BrokenError("who restores gave no answer that can be read") from problem


def due(last: datetime, at: datetime, newest: datetime, *, good: bool) -> bool:
    """Whether the copies are to be restored again: a night is over, or the last restore failed and a copy is newer."""
    night = at.replace(hour=NIGHT_H, minute=0, second=0, microsecond=0)
    latest = night if at >= night else night - timedelta(days=1)
    return last < latest or (not good and last < newest)


def now() -> datetime:
    return datetime.now(UTC)


def of(environment: Mapping[str, str], own: frozenset[str]) -> Keeper:
    """By the cloud's metadata; the copies are kept by whoever has the second address."""
    hosts = [host for host in environment.get("DATABASE_HOSTS", "").split(",") if host]
    return Keeper(
        server=Server(SOCKET, environment.get("DATABASE", "")),
        repository=Repository(FOLDER),
        every=timedelta(seconds=int(environment.get("BACKUP_EVERY") or 3600)),
        keep=timedelta(seconds=int(environment.get("BACKUP_KEEP") or 30 * 86400)),
        keeps=len(hosts) > 1 and hosts[1] in own,
    )


def addresses() -> frozenset[str]:
    told = subprocess.run(["/usr/sbin/ip", "-json", "address"], check=True, capture_output=True, text=True).stdout
    return frozenset(one["local"] for link in json.loads(told) for one in link.get("addr_info", ()))


def main() -> None:
    while not (own := addresses()) & frozenset(os.environ.get("DATABASE_HOSTS", "").split(",")):
        time.sleep(1)  # the cloud may plug its cable in later
    keeper = of(os.environ, own)
    if keeper.keeps:
        keeper.repository.make()
    while True:
        keeper.round()
        time.sleep(LOOKS_EVERY_S)


if __name__ == "__main__":
    sys.exit(main())
