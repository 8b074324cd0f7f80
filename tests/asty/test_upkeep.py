"""What the worker forgets, how, and that its looks do not wait for it."""

import asyncio
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asty.upkeep import Upkeep, as_json, lines
from city.clock import FixedClock
from city.model.retention import Retention
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.series.store import ParquetSeries
from network.journal import Journal
from network.journal_entry import Entry
from network.stages import Stage

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_old_values_are_thinned_to_the_last_of_an_hour_and_then_forgotten(tmp_path: Path) -> None:
    """Also where several cycles of several devices lie in an hour."""
    with ParquetSeries(tmp_path, FixedClock(NOW)) as series:
        moments = [NOW - days * DAY + n * MINUTE for days in (900, 40, 1) for n in (0, 1, 2)]
        for number, at in enumerate(moments):
            series.append(at, {name: {"sysUpTime": float(number)} for name in ("ap-1", "ap-2")})
        series.compact(NOW)
        for _ in range(2):
            series.thin(NOW, every_value=30 * DAY, any_value=730 * DAY)
        found = series.history("ap-1", "sysUpTime", NOW - 1000 * DAY, NOW)
        assert found == [(moments[5], 5.0), *((moments[n], float(n)) for n in (6, 7, 8))]
        assert series.history("ap-2", "sysUpTime", NOW - 1000 * DAY, NOW) == found
        series.compact(NOW + DAY)
    assert len(list(tmp_path.rglob("*.parquet"))) == 2, "what was replaced is deleted after a while"


def test_old_evidence_and_old_plans_are_forgotten_and_states_stay(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old.json", tmp_path / "fresh.json"
    for file, days in ((old, 91), (fresh, 89)):
        file.touch()
        os.utime(file, times=((NOW - days * DAY).timestamp(),) * 2)
    with Ledger(tmp_path / "ledger.sqlite", "town") as ledger, ParquetSeries(tmp_path / "series") as series:
        for days in (500, 450, 300, 0):
            seen = Observation(
                subject="device:a", at=NOW - days * DAY, state=State.UP, reach=MINUTE, evidence="sysUpTime"
            )
            ledger.observe([seen])
        Upkeep(
            series=series, ledger=ledger, plans=tmp_path, journal=tmp_path / "journal.sqlite", retention=Retention()
        ).work(NOW)
        found = ledger.intervals(None, NOW - 600 * DAY, NOW + DAY)["device:a"]
    assert [interval.evidence for interval in found] == ["", "", "sysUpTime", "sysUpTime"]
    assert {interval.state for interval in found} == {State.UP}
    assert (old.exists(), fresh.exists()) == (False, True)


def test_old_runs_of_pushes_are_forgotten_and_young_ones_stay(tmp_path: Path) -> None:
    clock, path = FixedClock(NOW - 401 * DAY), tmp_path / "journal.sqlite"
    with (
        Journal(path, clock) as journal,
        Ledger(tmp_path / "ledger.sqlite", "town") as ledger,
        ParquetSeries(tmp_path / "series") as series,
    ):
        for run in ("old", "young"):
            done = Entry(
                run=run,
                device="ap-1",
                platform="street-ap",
                stage=Stage.CONFIRMED,
                running_digest="",
                intended="",
                diff=(),
            )
            journal.begin(run, [done], ["ap-1"])
            clock.at += 2 * DAY
        Upkeep(series=series, ledger=ledger, plans=tmp_path, journal=path, retention=Retention()).work(NOW)
        assert [bool(journal.of_run(run)) for run in ("old", "young")] == [False, True]


def test_the_worker_looks_on_while_the_stores_are_made_small(tmp_path: Path) -> None:
    going_on, begun = threading.Event(), list[threading.Thread]()

    class Slow(ParquetSeries):
        def compact(self, now: datetime) -> int:
            begun.append(threading.current_thread())
            going_on.wait(30)
            return super().compact(now)

    async def work(upkeep: Upkeep) -> None:
        for _ in range(3):
            upkeep.begin(NOW)
            await asyncio.sleep(0)
        going_on.set()
        await upkeep.ended()

    with Ledger(tmp_path / "ledger.sqlite", "town") as ledger, Slow(tmp_path / "series") as series:
        asyncio.run(
            work(
                Upkeep(
                    series=series,
                    ledger=ledger,
                    plans=tmp_path,
                    journal=tmp_path / "journal.sqlite",
                    retention=Retention(),
                )
            )
        )
    assert len(begun) == 1
    assert begun[0] is not threading.main_thread()


def test_what_is_kept_is_told_in_days() -> None:
    assert as_json(Retention()) == {"series_full": 30, "series": 730, "evidence": 400, "plans": 90, "pushes": 400}
    assert lines(Retention(plans=7 * DAY))[3].split() == ["kept", "plans", "7", "days"]
