"""Rows and ages of a real pair of PostgreSQL: what a rehearsal holds production to."""

import time
from collections.abc import Iterator

import pytest

from city.errors import Failed
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair
from drs.postgres.rows import rows
from drs.postgres.undisturbed import disturbed
from tests.drs.postgres.pairs import pair, sql

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Cluster, Cluster]]:
    with pair() as (one, other):
        assert Pair(leader=one, follower=other, slot="recovery").soon(lambda: other.state().streaming)
        yield one, other


def test_a_follower_tells_the_rows_of_every_table(both: tuple[Cluster, Cluster]) -> None:
    one, other = both
    sql(one, 'create schema "s T"; create table "s T".one (n int); create table marks (token text)')
    sql(one, "insert into marks select generate_series(1, 41)")
    assert Pair(leader=one, follower=other, slot="recovery").soon(lambda: other.state().at >= one.state().at)
    assert rows(other, "postgres") == {'"s T".one': 0, "public.marks": 41}
    with pytest.raises(Failed, match="does not exist"):
        rows(other, "nowhere")


def test_a_pair_that_went_on_is_undisturbed_and_one_that_is_younger_is_not(both: tuple[Cluster, Cluster]) -> None:
    one, other = both
    held = Pair(leader=one, follower=other, slot="recovery")
    time.sleep(0.5)
    assert disturbed(held, 0.4) == ""
    young = disturbed(held, 3600)
    assert f"{one} was started" in young and f"{other} was started" in young and "the stream to" in young


def test_a_pause_a_break_and_a_restart_are_told(both: tuple[Cluster, Cluster]) -> None:
    one, other = both
    held = Pair(leader=one, follower=other, slot="recovery")
    sql(other, "select pg_wal_replay_pause()")
    assert f"the replay of {other} is paused" in disturbed(held, 0)
    sql(other, "select pg_wal_replay_resume()")
    sql(one, "select pg_terminate_backend(active_pid) from pg_replication_slots where active")
    assert held.soon(lambda: "nobody streams" not in disturbed(held, 0)), "it streams again"
    assert f"the stream to {other} began" in disturbed(held, 20)
    other.stop()
    other.start()
    assert held.soon(lambda: f"{other} was started" in disturbed(held, 30) and other.state().streaming)


def test_two_that_changed_places_are_not_as_they_were(both: tuple[Cluster, Cluster]) -> None:
    one, other = both
    told = disturbed(Pair(leader=other, follower=one, slot="recovery"), 0)
    assert f"{other} does not lead" in told and f"{one} does not follow" in told
