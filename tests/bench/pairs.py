"""Paired measurements: ours and a peer's in turn, the ratio pair by pair.

A machine's speed drifts while it is measured; two runs next to each other drift together. So the
figure to quote is the ratio of a pair, and its spread over the pairs. Each run is a process of its
own: its CPU seconds and peak memory are the operating system's account of it.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measured run: seconds of the measured section, megabytes of the whole process, units of work done."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    work: int

    @property
    def cpu_per_unit(self) -> float:
        return self.cpu_s / self.work


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is measured against what. `ours` and `peer` are `module:function`, called with `arguments`.

    Such a function does the work, fails unless all of it was done, and returns (wall seconds, CPU seconds, units of
    work). `at_once` units are worked on at a time, and `clock` says what is measured, on both sides alike.
    """

    name: str
    unit: str
    ours: str
    peer: str
    peer_name: str
    at_once: int
    clock: str
    arguments: tuple[str, ...]
    ours_scale: tuple[str, ...] | None = None
    """Arguments of our side where it must repeat the work to be measurable; ratios are per unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Raises statistics.StatisticsError where there is nothing to spread."""
        return cls(low=min(values), median=statistics.median(values), high=max(values))

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    pair: Pair
    ours: tuple[Run, ...]
    peer: tuple[Run, ...]

    @property
    def cpu_ratio(self) -> Spread:
        """Our CPU seconds per unit over the peer's, pair by pair."""
        return Spread.of([a.cpu_per_unit / b.cpu_per_unit for a, b in zip(self.ours, self.peer, strict=True)])

    @property
    def wall_ratio(self) -> Spread:
        """Our wall seconds per unit over the peer's, pair by pair."""
        return Spread.of([(a.wall_s / a.work) / (b.wall_s / b.work) for a, b in zip(self.ours, self.peer, strict=True)])


def measure(pair: Pair, pairs: int) -> Row:
    """`pairs` runs of each side, in turn. Raises subprocess.CalledProcessError where a side fails."""
    ours, peer = [], []
    for _ in range(pairs):
        ours.append(_run(pair.ours, pair.ours_scale or pair.arguments))
        peer.append(_run(pair.peer, pair.arguments))
    return Row(pair=pair, ours=tuple(ours), peer=tuple(peer))


def _run(function: str, arguments: tuple[str, ...]) -> Run:
    command = [sys.executable, "-m", "tests.bench.side", function, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    wall_s, cpu_s, work = json.loads(said.splitlines()[-1])
    return Run(wall_s=wall_s, cpu_s=cpu_s, peak_mb=usage.ru_maxrss / 1024, work=work)


def table(rows: list[Row]) -> Iterator[str]:
    """The rows in Markdown: median with the least and the most of the pairs. Beneath it, what each clock measured."""
    columns = (
        *("measured", "peer", "CPU ratio", "wall ratio", "CPU ms per unit", "peer's", "peak MB", "peer's"),
        *("units in a run", "peer's", "at once", "pairs"),
    )
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        ours, peer = (Spread.of([run.cpu_per_unit * 1000 for run in runs]) for runs in (row.ours, row.peer))
        ours_mb, peer_mb = (max(run.peak_mb for run in runs) for runs in (row.ours, row.peer))
        yield (
            f"| {row.pair.name}, per {row.pair.unit} | {row.pair.peer_name} | {row.cpu_ratio} | {row.wall_ratio} "
            f"| {ours.median:.3g} | {peer.median:.3g} | {ours_mb:.0f} | {peer_mb:.0f} "
            f"| {row.ours[0].work} | {row.peer[0].work} | {row.pair.at_once} | {len(row.ours)} |"
        )
    yield ""
    yield "What the clock measures, on both sides:"
    yield ""
    for row in rows:
        yield f"- {row.pair.name}, beside {row.pair.peer_name}: {row.pair.clock}"
