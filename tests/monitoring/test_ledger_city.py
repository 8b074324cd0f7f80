"""Whose observations a ledger holds: one city's, and no other city reads or writes them."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.errors import ExitCode, Refused
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Observation(subject="device:ap-1", at=NOON, state=State.UP, reach=HOUR)

BEFORE = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE subject (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL UNIQUE, latest BIGINT);
CREATE TABLE interval (
    id INTEGER NOT NULL PRIMARY KEY, subject_id BIGINT NOT NULL REFERENCES subject (id), state VARCHAR(10) NOT NULL,
    start_us BIGINT NOT NULL, end_us BIGINT NOT NULL, cause VARCHAR(200) NOT NULL, evidence VARCHAR(500) NOT NULL
);
CREATE INDEX interval_of_subject ON interval (subject_id, end_us);
INSERT INTO subject VALUES (1, 'device:ap-1', 1);
INSERT INTO interval VALUES (1, 1, 'up', 1901188800000000, 1901192400000000, '', '');
"""
"""A ledger as it was before it knew of cities: one access point, seen at noon for an hour."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def old(tmp_path: Path, url: str) -> str:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as database:
        database.executescript(BEFORE)
    return url


def test_another_city_is_refused_and_told_whose_it_is(url: str) -> None:
    with Ledger(url, "thessaloniki") as ledger:
        ledger.observe([SEEN])
    with pytest.raises(
        Refused, match=r"it holds the observations of thessaloniki\. Use another --workspace\."
    ) as caught:
        Ledger(url, "example")
    assert caught.value.exit_code is ExitCode.REFUSED
    with Ledger(url, "thessaloniki") as again:
        assert again.state_at("device:ap-1", NOON) is State.UP


def test_it_is_the_citys_that_writes_first_not_that_looks_first(url: str) -> None:
    with Ledger(url, "example") as reader, Ledger(url, "thessaloniki") as writer:
        reader.observe([])
        assert reader.states_at(NOON) == {}
        writer.observe([SEEN])
        for asked in (
            lambda: reader.observe([SEEN]),
            lambda: reader.states_at(NOON),
            lambda: reader.intervals(None, NOON, NOON + HOUR),
        ):
            with pytest.raises(Refused, match="thessaloniki"):
                asked()
        assert writer.state_at("device:ap-1", NOON) is State.UP


def test_a_ledger_of_before_keeps_what_it_has_and_becomes_the_citys_that_writes(old: str) -> None:
    with Ledger(old, "thessaloniki") as ledger:
        assert ledger.states_at(NOON) == {"device:ap-1": State.UP}
        ledger.observe([Observation(subject="device:ap-1", at=NOON + HOUR, state=State.UP, reach=HOUR)])
        [found] = ledger.intervals(None, NOON - HOUR, NOON + 9 * HOUR)["device:ap-1"]
        assert (found.start, found.end) == (NOON, NOON + 2 * HOUR)
    with pytest.raises(Refused):
        Ledger(old, "example")


def test_a_ledger_of_before_is_nobodys_until_somebody_writes(old: str) -> None:
    for city in ("example", "thessaloniki", "example"):
        with Ledger(old, city) as ledger:
            assert ledger.states_at(NOON) == {"device:ap-1": State.UP}
