"""A real pair of PostgreSQL: drained, promoted, joined again, and what is refused."""

from collections.abc import Iterator

import pytest

from city.errors import Failed, Refused
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair
from tests.drs.postgres.pairs import Here, kill, pair, sql

pytestmark = pytest.mark.slow
Both = tuple[Cluster, Cluster]


@pytest.fixture
def both() -> Iterator[Both]:
    with pair() as made:
        leader, follower = made
        sql(leader, "create table marks (token text primary key)")
        assert Pair(leader=leader, follower=follower, slot="recovery").soon(lambda: follower.state().streaming)
        yield made


def there(both: Both) -> Pair:
    return Pair(leader=both[0], follower=both[1], slot="datacentre")


def write(leader: Cluster, *tokens: str) -> None:
    for token in tokens:
        sql(leader, f"insert into marks select '{token}'")


def tokens(of: Cluster) -> set[str]:
    return set(sql(of, "select token from marks").split())


def test_a_switchover_and_back_loses_nothing_and_never_has_two_that_lead(both: Both) -> None:
    one, other = both
    write(one, "a", "b")
    pair = there(both)
    assert not pair.unfit() and not pair.drained()
    pair.drain()
    assert pair.drained() and not other.promoted()
    assert not one.state().running and not other.state().writable, "nobody leads between the two"
    other.slot("datacentre")
    other.promote(30)
    assert other.promoted() and tokens(other) == {"a", "b"}
    assert sql(other, "select slot_name from pg_replication_slots") == "datacentre", "made before, it stays"
    back = Pair(leader=other, follower=one, slot="datacentre")
    back.join()
    assert back.follows() and one.state().timeline == 2
    write(other, "c")
    home = Pair(leader=other, follower=one, slot="recovery")
    home.drain()
    one.promote(30)
    assert tokens(one) == {"a", "b", "c"} and one.state().timeline == 3
    Pair(leader=one, follower=other, slot="recovery").join()
    assert other.state().streaming
    assert sql(other, "select count(*) from pg_replication_slots") == "0", "who follows keeps log for nobody"


def test_each_deed_may_be_repeated_and_taken_back_before_the_other_leads(both: Both) -> None:
    one, other = both
    pair = there(both)
    pair.drain()
    pair.drain()
    assert pair.drained()
    pair.undrain()
    assert one.state().writable
    write(one, "a")
    pair.drain()
    other.promote(30)
    other.promote(30)
    assert pair.drained() and other.state().timeline == 2
    with pytest.raises(Refused, match="recovery leads by now"):
        pair.undrain()


def test_a_stop_that_was_killed_before_the_leader_was_told_to_follow_is_gone_on_with(both: Both) -> None:
    both[0].stop()
    assert not there(both).drained()
    there(both).drain()
    assert there(both).drained() and both[0].state().follows


@pytest.mark.parametrize("broken", ["", "pg_rewind"], ids=["rewound", "rebuilt"])
def test_a_killed_leader_that_wrote_more_follows_after_a_rewind_or_else_a_rebuild(both: Both, broken: str) -> None:
    one, other = both
    write(one, "a")
    other.stop()
    write(one, "lost")
    kill(one)
    other.start()
    other.promote(30)
    write(other, "kept")
    assert isinstance(one.shell, Here)
    one.shell.fail = broken
    told = Pair(leader=other, follower=one, slot="datacentre").join()
    assert ("rebuilt" if broken else "was rewound") in told, told
    assert tokens(one) >= {"a", "kept"} and "lost" not in tokens(one)
    kept = one.shell.run(one.place.owned("sh", "-c", 'ls -d "$1".diverged-*', "sh", one.place.data))
    assert kept.strip(), "what was written beside the leader is kept"


def test_a_promoted_one_that_crashed_is_started_again_and_the_other_before_it(both: Both) -> None:
    one, other = both
    there(both).drain()
    arriving = Pair(leader=other, follower=one, slot="datacentre")
    other.slot(arriving.slot)
    other.promote(30)
    write(other, "a")
    kill(other)
    arriving.revive()
    assert other.promoted() and one.state().follows and tokens(other) >= {"a"}
    assert sql(one, "select count(*) from pg_replication_slots") == "0"
    arriving.join()
    arriving.revive()
    assert arriving.follows() and tokens(one) >= {"a"}


def test_two_that_lead_are_never_joined_by_a_program(both: Both) -> None:
    one, other = both
    other.promote(30)
    with pytest.raises(Refused, match="datacentre: it leads beside recovery"):
        Pair(leader=other, follower=one, slot="datacentre").join()
    assert one.state().writable, "a person decides whose data are kept"


def test_a_leader_is_not_stopped_for_one_who_does_not_stream(both: Both) -> None:
    one, other = both
    other.stop()
    with pytest.raises(Refused, match="recovery does not stream from datacentre"):
        there(both).drain()
    assert one.state().writable


def test_a_promotion_without_a_written_row_is_no_proof(both: Both) -> None:
    _, other = both
    sql(other, "select pg_promote(true, 30)")
    assert other.state().writable and not other.promoted()


def test_a_host_without_a_cluster_is_not_taken_for_one_that_stands_still(both: Both) -> None:
    one, _ = both
    one.stop()
    one.shell.run(one.place.owned("mv", one.place.data, f"{one.place.data}.away"))
    with pytest.raises(Failed):
        one.state()
