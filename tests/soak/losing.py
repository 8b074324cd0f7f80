"""A real pair of PostgreSQL that somebody writes to while a fault befalls its leader: a crash, a freeze, a power cut, a
link that is cut while the leader serves on.

A power cut is one of the leader's file system: an ext4 of its own on a loop device is shut down as xfstests do it
(EXT4_IOC_SHUTDOWN with NOLOGFLUSH), so that whatever was not flushed to the disk is gone, and fsync is on.
"""

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from drs.outside.marker import Try
from drs.postgres.cluster import Cluster
from tests.drs.postgres.pairs import ADDRESS, OWNER, PROGRAMS, cluster, make_leader, sql

_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2
"""_IOR('X', 125, __u32) and EXT4_GOING_FLAGS_NOLOGFLUSH, of Linux' fs/ext4/ext4.h."""
_DISK = 512 * 1024 * 1024
_PATIENCE_S = 60


class Link:
    """The cable between the sites, as a TCP relay to the leader. Once cut, it says nothing to either end."""

    def __init__(self, port: int) -> None:
        self._port, self._cut = port, threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        self._cut.set()

    def end(self) -> None:
        self._cut.set()
        for one in (self._server, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        for one in (self._server, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self._open.append(near)
            if self._cut.is_set():
                continue
            try:
                far = socket.create_connection((ADDRESS, self._port))
            except OSError:  # the leader is gone
                near.shutdown(socket.SHUT_RDWR)
                continue
            self._open.append(far)
            for source, sink in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._relay, args=(source, sink)))
                self._threads[-1].start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._cut.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)


class Writer:
    """A client that writes one token after the other, and remembers which of them it was told are kept."""

    def __init__(self, leader: Cluster) -> None:
        place = leader.place
        command = place.owned(f"{PROGRAMS}/psql", "-XqAt", "-h", place.socket, "-p", str(place.port), "postgres")
        self._psql = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.tries: list[Try] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    @property
    def acknowledged(self) -> frozenset[str]:
        return frozenset(one.token for one in self.tries if one.taken)

    def more(self, count: int) -> None:
        """Until so many more were acknowledged."""
        wanted, deadline = len(self.acknowledged) + count, time.monotonic() + _PATIENCE_S
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {wanted} were acknowledged"
            time.sleep(0.01)

    def end(self) -> None:
        self._ends.set()
        self._psql.kill()
        self._psql.wait()
        self._thread.join()
        for pipe in (self._psql.stdin, self._psql.stdout):
            assert pipe
            with suppress(OSError):
                pipe.close()

    def _write(self) -> None:
        number, stdin, stdout = 0, self._psql.stdin, self._psql.stdout
        assert stdin
        assert stdout
        while not self._ends.is_set():
            token, at = f"t{number}", time.time()
            try:
                stdin.write(f"insert into marks values ('{token}') returning token;\n".encode())  # noqa: S608 - our own words
                stdin.flush()
                told = stdout.readline().decode().strip()
            except OSError:
                told = ""
            taken = told == token
            reason = "" if taken else "no answer"
            self.tries.append(
                Try(token=token, at=at, until=time.time(), taken=taken, address="127.0.0.1", reason=reason)
            )
            if not taken:
                return
            number += 1


@dataclass(kw_only=True)
class Pair:
    """`leader` on a disk of its own, `follower` behind the link."""

    leader: Cluster
    follower: Cluster
    link: Link
    disk: Path
    image: Path
    writer: Writer = field(init=False)

    def processes(self) -> tuple[int, ...]:
        """The leader's: its postmaster, and all that it started."""
        postmaster = int(Path(self.leader.place.data, "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return (postmaster, *map(int, children))

    def signal(self, what: signal.Signals) -> None:
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, what)

    def power_cut(self) -> None:
        """The disk first: nothing that was not on it by now ever will be."""
        processes, disk = self.processes(), os.open(self.disk, os.O_RDONLY)
        try:
            fcntl.ioctl(disk, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(disk)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for process in processes:
            _gone(process)

    def power_again(self) -> None:
        """With what the disk has, and alone."""
        subprocess.run(["/usr/bin/umount", str(self.disk)], check=True)
        subprocess.run(["/usr/bin/mount", "-o", "loop", str(self.image), str(self.disk)], check=True)
        Path(self.leader.place.data, "postmaster.pid").unlink(missing_ok=True)
        sockets = Path(self.leader.place.socket).glob(".s.PGSQL.*")
        for one in sockets:
            one.unlink()
        self.leader.start()


def _gone(process: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while Path(f"/proc/{process}/exe").exists():
        assert time.monotonic() < deadline, f"process {process} does not end"
        time.sleep(0.01)


def tokens(of: Cluster) -> frozenset[str]:
    return frozenset(sql(of, "select token from marks").split())


@contextmanager
def pair(*, synchronous: bool) -> Iterator[Pair]:
    """One that streams, and is written to. Whatever runs at the end is stopped."""
    root = Path(mkdtemp(prefix="losing-", dir="/tmp"))
    disk, image, other = root / "disk", root / "image", root / "other"
    for folder in (disk, other):
        folder.mkdir()
    with image.open("wb") as file:
        file.truncate(_DISK)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["/usr/bin/mount", "-o", "loop", str(image), str(disk)], check=True)
    for folder in (root, disk, other):
        shutil.chown(folder, OWNER)
    leader, follower = cluster(disk, "datacentre"), cluster(other, "recovery")
    made = Pair(leader=leader, follower=follower, link=Link(leader.place.port), disk=disk, image=image)
    try:
        _make(made, synchronous=synchronous)
        made.writer = Writer(leader)
        yield made
    finally:
        if hasattr(made, "writer"):
            made.writer.end()
        with suppress(OSError, ValueError, IndexError):
            made.signal(signal.SIGKILL)
        now = ("-D", follower.place.data, "-m", "immediate", "stop")
        subprocess.run(follower.place.program("pg_ctl", *now), capture_output=True, check=False)
        made.link.end()
        _unmounted(disk)
        shutil.rmtree(root)


def _make(made: Pair, *, synchronous: bool) -> None:
    make_leader(made.leader)
    sql(made.leader, "alter system set fsync = on")
    sql(made.leader, "select pg_reload_conf()")
    sql(made.leader, "create table marks (token text primary key)")
    source = f"host=127.0.0.1 port={made.link.port} user=postgres application_name=recovery"
    place = made.follower.place
    words = ("-D", place.data, "-d", source, "-X", "stream", "-c", "fast", "-R", "-C", "-S", "recovery")
    made.follower.shell.run(place.program("pg_basebackup", *words))
    made.follower.start()
    if synchronous:
        sql(made.leader, "alter system set synchronous_standby_names = 'recovery'")
        sql(made.leader, "select pg_reload_conf()")
    deadline, wanted = time.monotonic() + _PATIENCE_S, "sync" if synchronous else "async"
    while sql(made.leader, "select sync_state from pg_stat_replication") != wanted:
        assert time.monotonic() < deadline, "nobody streams"
        time.sleep(0.05)
    subprocess.run(["/usr/bin/sync", "-f", str(made.disk)], check=True)  # settings that a shell wrote, too


def _unmounted(disk: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while subprocess.run(["/usr/bin/umount", str(disk)], capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"{disk} stays in use"
        time.sleep(0.1)
