"""What a drill has before its steps ask for it."""

from collections.abc import Callable
from threading import Event

import pytest

from asty.drill_ahead import Ahead, Place, places
from city.errors import Failed
from city.model.places import SiteRole
from drs.mode import Mode
from tests.waiting import until

DATACENTRE, RECOVERY = SiteRole.DATACENTRE, SiteRole.RECOVERY


class Hosts:
    """`shut` lets nobody in, as often as it says."""

    def __init__(self, **shut: int) -> None:
        self.shut, self.asked = shut, list[Place]()

    def reach(self, role: SiteRole, service: str) -> bool:
        self.asked.append((role, service))
        self.shut[service] = self.shut.get(service, 0) - 1
        return self.shut[service] < 0


def reached(hosts: Hosts, *wanted: Place, look: Callable[[], object] = lambda: None) -> None:
    ahead = Ahead(places=wanted, look=look, reach=hosts.reach, again_s=0.01)
    ahead.begin()
    until(lambda: ahead._thread is not None and not ahead._thread.is_alive(), "all are reached")
    ahead.end()


def test_each_is_reached_once_and_who_lets_nobody_in_yet_is_asked_again() -> None:
    hosts, wanted = Hosts(wiki=2), [(DATACENTRE, "portal"), (RECOVERY, "wiki")]
    reached(hosts, *wanted)
    assert hosts.asked.count(wanted[0]) == 1
    assert hosts.asked.count(wanted[1]) == 3


def test_a_site_that_cannot_be_seen_keeps_nobody_from_being_reached() -> None:
    def blind() -> None:
        raise Failed("datacentre", "it does not answer", "Look at it.")

    hosts = Hosts()
    reached(hosts, (RECOVERY, "portal"), look=blind)
    assert hosts.asked == [(RECOVERY, "portal")]


def test_it_ends_with_the_drill_though_somebody_lets_nobody_in() -> None:
    hosts, looked = Hosts(portal=10**9), Event()
    ahead = Ahead(places=[(RECOVERY, "portal")], look=looked.set, reach=hosts.reach, again_s=3600)
    ahead.begin()
    until(lambda: bool(hosts.asked), "it is asked")
    ahead.end()
    assert looked.is_set() and ahead._thread is not None and not ahead._thread.is_alive()
    assert len(hosts.asked) == 1


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        pytest.param(Mode.SWITCHOVER, [(DATACENTRE, "a"), (RECOVERY, "a")], id="both sites"),
        pytest.param(Mode.FAILBACK, [(RECOVERY, "a"), (DATACENTRE, "a")], id="who is left comes first"),
        pytest.param(Mode.FAILOVER, [(RECOVERY, "a")], id="nobody asks a site that is gone"),
        pytest.param(Mode.REHEARSE, [], id="a rehearsal has time"),
    ],
)
def test_whom_the_steps_of_a_drill_talk_to(mode: Mode, wanted: list[Place]) -> None:
    assert places(mode, ["a"]) == wanted


def test_without_anybody_to_reach_nothing_is_looked_at() -> None:
    looked = Event()
    reached(Hosts(), look=looked.set)
    assert not looked.is_set()
