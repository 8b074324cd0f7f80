"""Real PostgreSQL clusters on this machine, on Unix sockets and a port of the loopback; root acts as `postgres`."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from drs.hands.shell import Declined
from drs.postgres.cluster import Cluster
from drs.postgres.place import Place

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
OWNER = "postgres" if os.geteuid() == 0 else ""
ADDRESS = "127.93.5.1"
"""Of these clusters alone: nobody else has a connection from there, whose port a cluster could not have."""
_SETTINGS = f"""
listen_addresses = '{ADDRESS}'
fsync = off
wal_log_hints = on
shared_buffers = 8MB
wal_retrieve_retry_interval = 100ms
max_slot_wal_keep_size = 256MB
"""

_STOP = '"$1/pg_ctl" -s -D "$2" status >/dev/null || exit 0; exec "$1/pg_ctl" -w -s -D "$2" -m fast stop'


@dataclass
class Here:
    """Commands on this machine; `fail` names a program that is not there meanwhile."""

    fail: str = ""

    def run(self, command: Sequence[str]) -> str:
        if self.fail and any(word.endswith(self.fail) for word in command):
            raise Declined("here", self.fail, 127, "no such program today")
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise Declined("here", command[0], done.returncode, done.stderr.strip())
        return done.stdout


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        return int(taken.getsockname()[1])


def cluster(folder: Path, name: str) -> Cluster:
    """A cluster that is not made yet."""
    place = Place(data=str(folder / name), programs=str(PROGRAMS), configuration="", owner=OWNER, socket=str(folder))
    port, log = free_port(), str(folder / f"{name}.log")
    pg_ctl = (f"{PROGRAMS}/pg_ctl", "-w", "-s", "-D", place.data)
    options = f"-c port={port} -c unix_socket_directories={folder}"
    placed = Place(
        **{
            **{field: getattr(place, field) for field in ("data", "programs", "configuration", "owner", "socket")},
            "port": port,
            "start": place.owned(*pg_ctl, "-l", log, "-o", options, "start"),
            "stop": place.owned("sh", "-c", _STOP, "sh", str(PROGRAMS), place.data),
        }
    )
    return Cluster(name=name, address=ADDRESS, shell=Here(), place=placed)


def make_leader(made: Cluster) -> None:
    made.shell.run(made.place.program("initdb", "-N", "-E", "UTF8", "-A", "trust", "-U", "postgres", made.place.data))
    made.shell.run(
        made.place.owned("sh", "-c", 'printf %s "$1" >> "$2"', "sh", _SETTINGS, f"{made.place.data}/postgresql.conf")
    )
    made.start()


def make_follower(made: Cluster, leader: Cluster, slot: str) -> None:
    source = f"host={ADDRESS} port={leader.place.port} user=postgres"
    words = ("-D", made.place.data, "-d", source, "-X", "stream", "-c", "fast", "-R", "-C", "-S", slot)
    made.shell.run(made.place.program("pg_basebackup", *words))
    made.start()


def sql(of: Cluster, statement: str) -> str:
    return of.shell.run(of.place.ask(statement)).strip()


def kill(made: Cluster) -> None:
    """As a power cut leaves it: every process of it is gone at once."""
    postmaster = int(sql(made, "select pg_read_file('postmaster.pid')").splitlines()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for process in (postmaster, *map(int, children)):
        with suppress(ProcessLookupError):  # a child ends by itself once the postmaster is gone
            os.kill(process, 9)
    while any(_lives(process) for process in (postmaster, *map(int, children))):
        time.sleep(0.01)
    for lock in (Path(made.place.data, "postmaster.pid"), Path(made.place.socket, f".s.PGSQL.{made.place.port}.lock")):
        lock.unlink(missing_ok=True)  # where nobody reaps it, the kernel says that it is alive


def _lives(process: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A leader, and who follows it by the slot `recovery`; whatever runs at the end is stopped."""
    folder = Path(mkdtemp(prefix="pair-", dir="/tmp"))
    if OWNER:
        shutil.chown(folder, OWNER)
    one, other = cluster(folder, "datacentre"), cluster(folder, "recovery")
    try:
        make_leader(one)
        make_follower(other, one, "recovery")
        yield one, other
    finally:
        for each in (other, one):
            now = ("-D", each.place.data, "-m", "immediate", "stop")
            subprocess.run(each.place.program("pg_ctl", *now), capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
