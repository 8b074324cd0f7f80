"""What hosts of databases say is kept among the series, until the poller stops."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event

import pytest

from asty.database_polling import follow
from city.clock import FixedClock
from drs.databases import FRESH, AskedDatabase, SeenDatabase
from drs.observed import Unseen
from monitoring.series.files import Rows

AT = datetime(2030, 3, 31, 12, tzinfo=UTC)
PRIMARY = SeenDatabase(at=AT, standby=False, system="73", timeline=2, streams=True)
STANDBY = replace(
    PRIMARY,
    standby=True,
    lag=timedelta(),
    backup_at=AT - timedelta(hours=1),
    restored_at=AT - timedelta(hours=9),
    restored_well=False,
    archive_failing=True,
)


@dataclass
class Kept:
    """A store in which one row suffices."""

    stop: asyncio.Event
    rows: list[Rows] = field(default_factory=list)

    def append(self, at: datetime, rows: Rows) -> None:
        assert at == AT
        self.rows.append(rows)
        self.stop.set()


def followed(
    answers: Callable[[int], tuple[AskedDatabase, ...]], hung_up: Callable[[], None] = lambda: None, stop_at: int = -1
) -> list[Rows]:
    """What was kept until there is one row, or the hosts are asked for the `stop_at`-th time."""

    async def run() -> list[Rows]:
        stop, loop, turns = asyncio.Event(), asyncio.get_running_loop(), count(1)
        kept = Kept(stop)

        def ask() -> tuple[AskedDatabase, ...]:
            turn = next(turns)
            if turn == stop_at:
                loop.call_soon_threadsafe(stop.set)
            return answers(turn)

        await follow(ask, hung_up, series=kept, clock=FixedClock(AT), stop=stop, every=timedelta(milliseconds=1))
        return kept.rows

    return asyncio.run(run())


def pair(here: SeenDatabase | Unseen, there: SeenDatabase | Unseen) -> tuple[AskedDatabase, ...]:
    return tuple(
        AskedDatabase(site=site, service="portal", answer=answer)
        for site, answer in (("recovery", here), ("datacentre", there))
    )


def test_what_is_known_is_kept_and_what_is_not_is_no_zero() -> None:
    rows = followed(lambda _: pair(STANDBY, PRIMARY))
    assert rows[0] == {
        "database:portal@recovery": {
            "databaseStandby": 1.0,
            "databaseStreams": 1.0,
            "databaseArchives": 0.0,
            "databaseLagSeconds": 0.0,
            "databaseBackupEndSeconds": (AT - timedelta(hours=1)).timestamp(),
            "databaseRestoreTestSeconds": (AT - timedelta(hours=9)).timestamp(),
            "databaseRestoreTestGood": 0.0,
        },
        "database:portal@datacentre": {"databaseStandby": 0.0, "databaseStreams": 1.0},
    }


@pytest.mark.parametrize(("state", "lost"), [("", None), ("reserved", 0.0), ("unreserved", 0.0), ("lost", 1.0)])
def test_log_that_was_lost_is_a_number_where_a_leader_keeps_any(state: str, lost: float | None) -> None:
    rows = followed(lambda _: pair(STANDBY, replace(PRIMARY, slot_state=state)))
    assert rows[0]["database:portal@datacentre"].get("databaseSlotLost") == lost
    assert "databaseSlotLost" not in rows[0]["database:portal@recovery"]


def test_a_host_that_does_not_answer_or_says_what_is_old_leaves_no_value_and_is_asked_again() -> None:
    old = replace(STANDBY, at=AT - FRESH - timedelta(seconds=1))
    away = Unseen(reason="it is off")
    turns: list[int] = []

    def answers(turn: int) -> tuple[AskedDatabase, ...]:
        turns.append(turn)
        return pair(old, away) if turn < 3 else pair(away, PRIMARY)

    rows = followed(answers)
    assert turns == [1, 2, 3] and [list(row) for row in rows] == [["database:portal@datacentre"]]


def test_the_end_ends_a_session_that_waits() -> None:
    """Else whoever stops the poller waits as long as a host that says nothing."""
    hung_up = Event()

    def wait(_: int) -> tuple[AskedDatabase, ...]:
        assert hung_up.wait(30), "nobody ended it"
        return ()

    assert followed(wait, hung_up.set, stop_at=1) == [] and hung_up.is_set()
