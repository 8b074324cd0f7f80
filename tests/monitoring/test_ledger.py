import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from city.errors import Failed
from monitoring.ledger.intervals import Interval, Observation, State
from monitoring.ledger.store import Ledger

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
REACH = timedelta(seconds=150)
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
TOWN = "town"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(seconds: float, state: State, subject: str = "device:ap-1", cause: str = "") -> Observation:
    return Observation(subject=subject, at=at(seconds), state=state, reach=REACH, cause=cause)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite", TOWN) as opened:
        yield opened


def test_looks_become_intervals_with_their_cause(ledger: Ledger) -> None:
    for seconds, state, cause in ((0, State.UP, ""), (60, State.UP, ""), (120, State.DOWN, "no answer")):
        ledger.observe([seen(seconds, state, cause=cause)])
    assert ledger.intervals(["device:ap-1"], *DAY)["device:ap-1"] == [
        Interval(start=at(0), end=at(120), state=State.UP),
        Interval(start=at(120), end=at(270), state=State.DOWN, cause="no answer"),
    ]


def test_states_at_any_moment(ledger: Ledger) -> None:
    ledger.observe([seen(0, State.UP), seen(0, State.DOWN, "device:ap-2")])
    ledger.observe([seen(60, State.DOWN)])
    assert ledger.states_at(at(59)) == {"device:ap-1": State.UP, "device:ap-2": State.DOWN}
    assert ledger.states_at(at(60))["device:ap-1"] is State.DOWN
    assert ledger.state_at("device:ap-1", at(-1)) is State.UNKNOWN
    assert ledger.state_at("device:ap-1", at(210)) is State.UNKNOWN, "beyond its reach nobody knows"


def test_a_period_cuts_what_it_shows(ledger: Ledger) -> None:
    ledger.observe([seen(0, State.UP)])
    assert ledger.intervals(None, at(10), at(20)) == {
        "device:ap-1": [Interval(start=at(10), end=at(20), state=State.UP)]
    }
    assert ledger.intervals(["device:never"], at(10), at(20)) == {"device:never": []}


def test_what_was_kept_is_there_after_reopening(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with Ledger(url, TOWN) as first:
        first.observe([seen(0, State.UP)])
    with Ledger(url, TOWN) as second:
        second.observe([seen(60, State.UP)])
        assert second.intervals(None, *DAY) == {"device:ap-1": [Interval(start=at(0), end=at(210), state=State.UP)]}


def test_after_a_clock_was_set_back_what_is_seen_counts_again(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """It had run an hour ahead: down since then, two looks; the clock is set right, and now it is up."""
    ledger.observe([seen(-600, State.UP), seen(-600, State.UP, "device:ap-2")])
    ledger.observe([seen(3600, State.DOWN, cause="no answer"), seen(3600, State.UP, "device:ap-2")])
    ledger.observe([seen(3660, State.DOWN, cause="no answer"), seen(3660, State.UP, "device:ap-2")])
    assert not caplog.records
    ledger.observe([seen(0, State.UP), seen(0, State.UP, "device:ap-2")])
    assert "2 subjects" in caplog.text
    assert ledger.states_at(at(0)) == {"device:ap-1": State.UP, "device:ap-2": State.UP}
    assert ledger.states_at(at(151)) == {}, "nothing speaks for moments that are to come"
    ledger.observe([seen(60, State.DOWN)])
    assert ledger.intervals(["device:ap-1"], *DAY)["device:ap-1"] == [
        Interval(start=at(-600), end=at(-450), state=State.UP),
        Interval(start=at(0), end=at(60), state=State.UP),
        Interval(start=at(60), end=at(210), state=State.DOWN),
    ]


def test_an_older_look_that_arrives_late_never_overwrites_a_newer_one(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    for seconds, state in ((0, State.UP), (8, State.UP), (1, State.DOWN)):
        ledger.observe([seen(seconds, state)])
    assert ledger.intervals(None, *DAY) == {
        "device:ap-1": [Interval(start=at(0), end=at(158), state=State.UP)],
    }
    assert not caplog.records


def test_an_observer_who_looks_hourly_beside_the_worker_provokes_no_talk_of_a_clock_set_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, hourly = tmp_path / "ledger.sqlite", timedelta(hours=1.25)
    with Ledger(file, TOWN) as worker, Ledger(file, TOWN, "once") as once:
        worker.observe([seen(0, State.UP)])
        once.observe([replace(seen(40, State.UP), reach=hourly)])
        for seconds, state in ((39, State.UP), (60, State.UP), (120, State.DOWN)):
            worker.observe([seen(seconds, state)])
        found = worker.intervals(None, *DAY)
    assert not caplog.records
    assert found == {
        "device:ap-1": [
            Interval(start=at(0), end=at(120), state=State.UP),
            Interval(start=at(120), end=at(270), state=State.DOWN),
        ]
    }


@pytest.mark.slow
def test_a_cycle_that_sees_nothing_new_writes_each_page_of_one_narrow_table_and_no_index(tmp_path: Path) -> None:
    """Where every subject has a history, so that what was seen last of each lies far apart."""
    file, subjects, random = tmp_path / "ledger.sqlite", [f"device:ap-{n}" for n in range(1000)], Random(7)  # noqa: S311 - a repeatable choice
    with Ledger(file, TOWN) as ledger:
        for cycle in range(20):
            ledger.observe(seen(60 * cycle, random.choice(list(State)), one) for one in subjects)
        last = ledger.states_at(at(60 * 19))
    with Ledger(file, TOWN) as ledger:
        before = pages_written(tmp_path)
        ledger.observe(seen(60 * 20, last[one], one) for one in random.sample(subjects, len(subjects)))
        written = pages_written(tmp_path) - before
    with sqlite3.connect(file) as database:
        [whole] = database.execute("SELECT count(*) FROM dbstat WHERE name = 'last_look'").fetchone()
    database.close()
    assert 0 < written <= whole <= 10


def pages_written(folder: Path) -> int:
    """Of all transactions so far: the frames of the write-ahead log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)."""
    log = folder / "ledger.sqlite-wal"
    return max(0, log.stat().st_size - 32) // (4096 + 24) if log.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a#b", "a?b=c", "a%20b", "a%b", "δοκιμή"])
def test_a_ledger_lies_where_its_path_says_whatever_characters_that_has(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with Ledger(tmp_path / name / "ledger.sqlite", TOWN) as ledger:
        ledger.observe([seen(0, State.UP)])
    assert (tmp_path / name / "ledger.sqlite").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_clock_that_is_set_back_into_an_interval_cuts_it(ledger: Ledger) -> None:
    for seconds in range(0, 3601, 60):
        ledger.observe([seen(seconds, State.UP)])
    ledger.observe([seen(1800, State.DOWN)])
    assert ledger.intervals(["device:ap-1"], *DAY)["device:ap-1"] == [
        Interval(start=at(0), end=at(1800), state=State.UP),
        Interval(start=at(1800), end=at(1950), state=State.DOWN),
    ]


def test_what_cannot_be_read_or_written_is_told_with_what_to_do(ledger: Ledger, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as database:
        database.execute("DROP TABLE newest_interval")
    database.close()
    for work in (lambda: ledger.observe([seen(0, State.UP)]), lambda: ledger.states_at(at(0))):
        with pytest.raises(Failed, match=r"ledger\.sqlite.*it cannot be (written|read).*interval.*disk is full"):
            work()


def test_a_cause_longer_than_its_column_is_one_interval(ledger: Ledger) -> None:
    for second in range(3):
        ledger.observe([seen(second, State.DOWN, cause="no answer " * 50)])
    [found] = ledger.intervals(["device:ap-1"], *DAY)["device:ap-1"]
    assert (found.start, found.end) == (at(0), at(2 + 150))
    assert found.cause.startswith("no answer no answer")


def test_two_writers_take_turns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with Ledger(url, TOWN) as one, Ledger(url, TOWN) as other:
        for second in range(20):
            (one if second % 2 else other).observe([seen(second, State.UP), seen(second, State.UP, f"device:{second}")])
        found = one.intervals(["device:ap-1"], *DAY)["device:ap-1"]
    assert found == [Interval(start=at(0), end=at(19 + 150), state=State.UP)]


OPENER = """
import sys
from monitoring.ledger.store import Ledger

print("ready", flush=True)
sys.stdin.readline()
Ledger(sys.argv[1], "town").close()
"""


@pytest.mark.slow
def test_four_that_open_it_for_the_first_time_at_one_moment_all_get_it(tmp_path: Path) -> None:
    url, pipe = f"sqlite:///{tmp_path}/ledger.sqlite", subprocess.PIPE
    openers = [
        subprocess.Popen([sys.executable, "-c", OPENER, url], stdin=pipe, stdout=pipe, text=True) for _ in range(4)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("go\n")
        opener.stdin.flush()
    for opener in openers:
        opener.communicate(timeout=60)
    assert [opener.returncode for opener in openers] == [0] * 4


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("not a database, but long enough to be taken for one" * 40)
    with pytest.raises(Failed, match=r"ledger\.sqlite"):
        Ledger(f"sqlite:///{tmp_path}/ledger.sqlite", TOWN)


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger

ledger = Ledger(sys.argv[1], "town")
at = datetime.fromisoformat(sys.argv[2])
while True:
    at += timedelta(seconds=60)
    state = State.DOWN if at.minute % 7 == 0 else State.UP
    ledger.observe(
        Observation(subject=f"device:ap-{n}", at=at, state=state, reach=timedelta(seconds=150)) for n in range(50)
    )
    print(at.isoformat(), flush=True)
"""


@pytest.mark.slow
def test_killed_ten_times_it_opens_and_the_gaps_are_unknown(tmp_path: Path) -> None:
    url, random, start = f"sqlite:///{tmp_path}/ledger.sqlite", Random(7), NOON  # noqa: S311 - a repeatable choice
    promised: list[datetime] = []
    for _ in range(10):
        promised += acknowledged(url, start, kill_after=random.uniform(0.0, 0.3))
        start = (promised[-1] if promised else start) + timedelta(hours=1)
    with Ledger(url, TOWN) as ledger:
        found = ledger.intervals(None, NOON - timedelta(days=1), start + timedelta(days=30))
    assert len(found) == 50
    for intervals in found.values():
        assert all(before.end <= after.start for before, after in pairwise(intervals))
        for moment in promised:
            expected = State.DOWN if moment.minute % 7 == 0 else State.UP
            assert [i.state for i in intervals if i.start <= moment < i.end] == [expected]
        hours_later = [last + timedelta(minutes=30) for last, nxt in pairwise(promised) if nxt - last > REACH]
        assert hours_later
        for moment in hours_later:
            assert not [i for i in intervals if i.start <= moment < i.end], "nobody looked: unknown, never up"
    assert sqlite3.connect(tmp_path / "ledger.sqlite").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def acknowledged(url: str, start: datetime, *, kill_after: float) -> list[datetime]:
    """The moments that a writer, killed at some point after its first word, said were kept."""
    command = [sys.executable, "-c", WRITER, url, start.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        deadline = time.monotonic() + kill_after
        while time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    lines = (first + rest).splitlines(keepends=True)
    return [datetime.fromisoformat(line.strip()) for line in lines if line.endswith("\n")]
