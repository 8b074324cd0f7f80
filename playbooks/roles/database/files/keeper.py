"""Runs beside PostgreSQL on a database host, as a user of its own: says how the database stands, and keeps its copies.

The copies are kept at the second of DATABASE_HOSTS, the recovery site's, from the cluster that is there, whether it
follows or leads: the log as a stream, a base copy each BACKUP_EVERY seconds, both for BACKUP_KEEP seconds. After the
first base copy, and then each night, the copies are restored and compared (restored.py).

/run/database/standing.json says how it stands, anew every few seconds; what is not known is null.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from repository import MOMENT, Repository, first_segment, write  # type: ignore[import-not-found, unused-ignore]
from restored import PROGRAMS, BrokenError, Server, check, run  # type: ignore[import-not-found, unused-ignore]

STANDING = Path("/run/database-keeper/standing.json")
FOLDER = Path("/mnt/vdb/copies")
SOCKET = Path("/run/postgresql")
LOOKS_EVERY_S = 10.0
NIGHT_H = 2
"""From this hour (UTC) on, a night's restore is due."""
_STANDING = """select json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()),
  'timeline', (select timeline_id from pg_control_checkpoint()),
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
    else (select max(pg_current_wal_lsn() - restart_lsn) from pg_replication_slots) end)"""


@dataclass
class Keeper:
    """`keeps` is whether the copies are this host's to keep; `streaming` is the program that takes the log."""

    server: Server
    repository: Repository
    every: timedelta
    keep: timedelta
    keeps: bool
    streaming: "subprocess.Popen[bytes] | None" = field(default=None)

    def round(self) -> None:
        """What is due. A copy that fails is tried again in the next round."""
        if self.keeps:
            try:
                self.stream()
                self.repository.compress()
                self.copy_if_due()
                self.restore_if_due()
                self.repository.forget(now(), self.keep)
            except BrokenError as problem:
                print(f"waits: {problem}", flush=True)  # noqa: T201 - for the journal
        write(STANDING, self.standing())

    def stream(self) -> None:
        """Take the log from the cluster on this host, from where it was taken last."""
        if self.streaming is None or self.streaming.poll() is not None:
            words = ("-D", str(self.repository.log), "-h", str(SOCKET), "-U", "keeper", "-S", "keeper", "-w")
            run(PROGRAMS / "pg_receivewal", *words, "--create-slot", "--if-not-exists")
            argv = (str(PROGRAMS / "pg_receivewal"), *words, "--no-loop", "--status-interval=1")
            self.streaming = subprocess.Popen(argv)  # noqa: S603 - a list of own words

    def copy_if_due(self) -> None:
        bases = self.repository.bases()
        if not bases or now() - bases[-1] >= self.every:
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
        self.repository.tell(**check(self.repository, self.server, now))

    def standing(self) -> "dict[str, Any]":
        found: dict[str, Any] = {"at": now().isoformat(timespec="seconds")}
        try:
            found |= json.loads("".join(self.server.ask(_STANDING)))
        except (BrokenError, ValueError) as problem:
            found["problem"] = str(problem)
        if self.keeps:
            found |= {"archived_at": self.archived(), "archive_failing": self.failing(), **self.repository.told()}
        return found

    def archived(self) -> "str | None":
        """When the last full segment of the log came to the copies."""
        times = [path.stat().st_mtime for path in self.repository.log.iterdir() if path.name.endswith(".gz")]
        return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None

    def failing(self) -> bool:
        return self.streaming is None or self.streaming.poll() is not None


def due(last: datetime, at: datetime, newest: datetime, *, good: bool) -> bool:
    """Whether the copies are to be restored again: a night is over, or the last restore failed and a copy is newer."""
    night = at.replace(hour=NIGHT_H, minute=0, second=0, microsecond=0)
    latest = night if at >= night else night - timedelta(days=1)
    return last < latest or (not good and last < newest)


def now() -> datetime:
    return datetime.now(UTC)


def of(environment: Mapping[str, str], own: "frozenset[str]") -> Keeper:
    """By the cloud's metadata; the copies are kept by whoever has the second address."""
    hosts = [host for host in environment.get("DATABASE_HOSTS", "").split(",") if host]
    return Keeper(
        server=Server(SOCKET, environment.get("DATABASE", "")),
        repository=Repository(FOLDER),
        every=timedelta(seconds=int(environment.get("BACKUP_EVERY") or 3600)),
        keep=timedelta(seconds=int(environment.get("BACKUP_KEEP") or 30 * 86400)),
        keeps=len(hosts) > 1 and hosts[1] in own,
    )


def addresses() -> "frozenset[str]":
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
