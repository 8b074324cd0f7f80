"""From a word, or a loss, to the first write at the other side: ours beside Patroni, over the same kind of pair.

`python -m tests.bench failover` writes the table into the page of benchmarks.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from drs.drill.conduct import Hands
from drs.drill.plan import Task
from drs.mode import Mode
from drs.step import Proof
from tests.bench import patroni
from tests.drs.postgres.pairs import ADDRESS, PROGRAMS, kill
from tests.drs.twins import DATACENTRE, RECOVERY
from tests.soak.drilling import Desk, ground

ROUNDS = 3
ABOUT = f"""## From a word, or a loss, to the first write at the other side

The same pair in both: PostgreSQL 15 on this machine's loopback, streaming, asynchronous, fsync off, with a client that
tries to write all the time at whichever side takes writes. Seconds to the first write that the other side acknowledged:
median of {ROUNDS} (least to most), in turn. Planned: from the moment at which the command is given and, for ours, all
have agreed. Loss: every process of the leader is killed at once. Ours are the steps of a drill of the portal by its own
conductor, journal on the disk, with a cloud and names on paper that answer at once: two persons agree at the moment of
the loss, the fence is proven in two ways, the name is led over, and the old leader rejoins afterwards. Patroni needs no
person and moves no name: version {patroni.WANTED[0].partition("==")[2]}, its own raft with a third voter, its times as
it has them by itself (ttl 30 s, loop_wait 10 s), and `patronictl switchover`. What a person needs to agree is in
neither."""


class Client:
    """Writes wherever writes are taken; notes when the port of the other side first took one."""

    def __init__(self, address: str, ports: tuple[int, int]) -> None:
        hosts, both = f"{address},{address}", ",".join(map(str, ports))
        self._where = f"host={hosts} port={both} user=postgres dbname=postgres target_session_attrs=read-write"
        self._other, self._ends, self.taken = str(ports[1]), Event(), Event()
        self.at = 0.0
        self._thread = Thread(target=self._write)
        self._thread.start()

    def first(self, within_s: float = 180) -> float:
        """The moment (time.monotonic)."""
        if not self.taken.wait(within_s):
            raise RuntimeError("the other side took no write")
        return self.at

    def end(self) -> None:
        self._ends.set()
        self._thread.join()

    def _write(self) -> None:
        statement = "insert into marks values (gen_random_uuid()::text) returning inet_server_port()"
        command = [str(PROGRAMS / "psql"), "-XqAt", "-c", statement, f"{self._where} connect_timeout=2"]
        while not self._ends.is_set():
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.stdout.strip() == self._other and not self.taken.is_set():
                self.at = time.monotonic()
                self.taken.set()
            time.sleep(0.02)


@contextmanager
def client(address: str, ports: tuple[int, int]) -> Iterator[Client]:
    made = Client(address, ports)
    try:
        yield made
    finally:
        made.end()


@dataclass
class Timed:
    """Hands that know when they were at work: one interval for each step that was done or looked at."""

    hands: Hands
    worked: list[tuple[float, float]] = field(default_factory=list)

    def do(self, task: Task) -> str:
        with self._at_work():
            return self.hands.do(task)

    def look(self, task: Task) -> Proof:
        with self._at_work():
            return self.hands.look(task)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.worked.append((began, time.monotonic()))

    def idle(self, began: float, ended: float) -> float:
        """Of that time, the seconds in which nothing was done and nothing looked at."""
        idle, until = 0.0, began
        for start, end in sorted(self.worked):
            idle += max(0.0, start - until)
            until = max(until, end)
        return idle + max(0.0, ended - until)


class TimedDesk(Desk):
    timed: Timed

    def hands(self) -> Hands:
        self.timed = Timed(super().hands())
        return self.timed


def engine(folder: Path) -> float:
    """The share of a planned move in which the machinery alone was at work."""
    with ground() as made:
        desk, began = TimedDesk(made, folder, Mode.SWITCHOVER), time.monotonic()
        if left := desk.conduct("bench").left:
            raise RuntimeError(f"{left} are left")
        ended = time.monotonic()
        return desk.timed.idle(began, ended) / (ended - began)


def ours(mode: Mode, folder: Path) -> float:
    """Seconds. Raises RuntimeError where a step was left."""
    with ground() as made:
        one, other = made.clusters[DATACENTRE], made.clusters[RECOVERY]
        with client(ADDRESS, (one.place.port, other.place.port)) as writing:
            time.sleep(1)
            begun = time.monotonic()
            if mode is Mode.FAILOVER:
                kill(one)
            run = Desk(made, folder, mode).conduct("bench")
            if run.left:
                raise RuntimeError(f"{run.left} are left")
            return writing.first() - begun


def theirs(mode: Mode, folder: Path, library: Path) -> float:
    with patroni.running(folder, library) as made:
        create = [str(PROGRAMS / "psql"), "-Xq", "-c", "create table marks (token text primary key)"]
        where = f"host=127.0.0.1 port={made.one.port} user=postgres dbname=postgres"
        subprocess.run([*create, where], check=True)
        with client("127.0.0.1", (made.one.port, made.other.port)) as writing:
            time.sleep(1)
            begun = time.monotonic()
            if mode is Mode.FAILOVER:
                made.one.kill()
            else:
                made.switch()
            return writing.first() - begun


def table() -> Iterator[str]:
    yield "| to the first write at the other side | ours, s | Patroni, s | ratio |"
    yield "|---|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="asty-bench-", dir="/var/tmp") as name:
        root = Path(name)
        root.chmod(0o755)
        library = patroni.fetched(root)
        for mode, told in ((Mode.SWITCHOVER, "planned"), (Mode.FAILOVER, "loss of the leader")):
            pairs = []
            for number in range(ROUNDS):
                mine, other = root / f"{mode}-{number}-ours", root / f"{mode}-{number}-patroni"
                for folder in (mine, other):
                    folder.mkdir()
                pairs.append((ours(mode, mine), theirs(mode, other, library)))
            yield _row(told, pairs)
        shares = []
        for number in range(ROUNDS):
            (root / f"engine-{number}").mkdir()
            shares.append(100 * engine(root / f"engine-{number}"))
        yield f"| the machine's load meanwhile, of {os.cpu_count()} cores | {os.getloadavg()[1]:.0f} | | |"
        yield f"| of ours, planned, with the way back of the old leader: the engine alone, % | {_spread(shares)} | | |"


def _row(told: str, pairs: list[tuple[float, float]]) -> str:
    mine, other = zip(*pairs, strict=True)
    ratios = [one / two for one, two in pairs]
    return f"| {told} | {_spread(mine)} | {_spread(other)} | {_spread(ratios)} |"


def _spread(values: "list[float] | tuple[float, ...]") -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
