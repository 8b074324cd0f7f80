import subprocess
from dataclasses import replace

import pytest

from tests.bench.pairs import Pair, Row, Run, measure, table

PAIR = Pair(
    name="sums",
    unit="sum",
    ours="tests.bench.test_pairs:cheap",
    peer="tests.bench.test_pairs:dear",
    peer_name="a loop",
    at_once=7,
    clock="the adding",
    arguments=("1000",),
    ours_scale=("2000",),
)


def cheap(count: str) -> tuple[float, float, int]:
    return 0.5, 0.25, int(count)


def dear(count: str) -> tuple[float, float, int]:
    return 2.0, 1.0, int(count)


def run(cpu_s: float, work: int = 10) -> Run:
    return Run(wall_s=1.0, cpu_s=cpu_s, peak_mb=20, work=work)


def test_ratios_are_taken_pair_by_pair() -> None:
    row = Row(pair=PAIR, ours=(run(1.0), run(8.0), run(3.0)), peer=(run(2.0), run(8.0), run(4.0)))
    assert (row.cpu_ratio.low, row.cpu_ratio.median, row.cpu_ratio.high) == pytest.approx((0.5, 0.75, 1.0))


def test_ratios_are_per_unit_of_work() -> None:
    row = Row(pair=PAIR, ours=(run(10, work=100),), peer=(run(10, work=10),))
    assert row.cpu_ratio.median == pytest.approx(0.1)


def test_each_side_runs_in_a_process_of_its_own() -> None:
    row = measure(PAIR, pairs=2)
    assert [r.work for r in (*row.ours, *row.peer)] == [2000, 2000, 1000, 1000]
    assert row.cpu_ratio.median == pytest.approx(0.125)
    assert all(r.peak_mb > 1 for r in row.ours)


def test_the_page_says_what_was_done_how_many_at_once_and_what_the_clock_measured() -> None:
    row = Row(pair=PAIR, ours=(run(1.0, work=2000),), peer=(run(2.0, work=1000),))
    lines = [*table([row])]
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")
    assert lines[2].startswith("| sums, per sum | a loop | 0.25 (0.25 to 0.25) | 0.5 (0.5 to 0.5) |")
    assert lines[2].endswith("| 2000 | 1000 | 7 | 1 |")
    assert lines[-1] == "- sums, beside a loop: the adding"


def test_a_side_that_fails_is_not_a_figure() -> None:
    broken = replace(PAIR, arguments=("no",), ours_scale=None)
    with pytest.raises(subprocess.CalledProcessError):
        measure(broken, pairs=1)
