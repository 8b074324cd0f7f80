"""The link between the sites: cut, one-way, slow, lossy; as a pure line, and with real packets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from socket import socket
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from lab.net import weather
from lab.net.carrier import Carrier
from lab.net.relay import Line
from lab.net.weather import CLEAR, Way, Weather
from lab.params import LabParams
from tests.lab.net.city import ingress
from tests.lab.net.world import (
    ARRIVES_S,
    PARAMS,
    SILENCE_S,
    World,
    arrives,
    connected,
    listening,
    reaches,
    talks,
    the_other_end,
)
from tests.waiting import until

THERE = "10.202.2.9"
"""The recovery site's database."""


def test_a_packet_arrives_after_the_delay_and_not_before() -> None:
    line = Line(way=Way(delay_s=0.5))
    line.send(b"one", 10.0)
    assert line.next_at == 10.5
    assert line.arrived(10.49) == [] and line.arrived(10.5) == [b"one"]


@given(
    moments=st.lists(st.floats(0, 100), max_size=30).map(sorted),
    way=st.builds(Way, delay_s=st.floats(0, 1), jitter_s=st.floats(0, 1), rate_mbit=st.sampled_from([0.0, 0.1, 5.0])),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_packets_arrive_in_order_and_each_once(moments: list[float], way: Way, chance: float) -> None:
    line = Line(way=way, chance=lambda: chance)
    for number, moment in enumerate(moments):
        line.send(bytes([number]) * 100, moment)
    found = [packet[0] for packet in line.arrived(float("inf"))]
    assert all(one < other for one, other in pairwise(found))
    assert way.rate_mbit or found == list(range(len(moments)))


def test_a_rate_holds_back_what_is_more_and_loses_what_would_wait_too_long() -> None:
    line = Line(way=Way(rate_mbit=0.008))  # 1,000 octets a second
    for _ in range(8):
        line.send(bytes(100), 0.0)
    assert line.arrived(0.25) == [bytes(100)] * 2
    assert line.arrived(60.0) == [bytes(100)] * 3


@pytest.mark.parametrize(("chance", "arrived"), [(0.09, 0), (0.11, 1)])
def test_of_what_is_sent_this_share_is_lost(chance: float, arrived: int) -> None:
    line = Line(way=Way(loss=0.1), chance=lambda: chance)
    line.send(b"one", 0.0)
    assert len(line.arrived(1.0)) == arrived


@pytest.mark.parametrize(
    "wrong", [{"loss": 1.5}, {"delay_s": -1}, {"rate_mbit": float("nan")}, {"jitter_s": float("inf")}]
)
def test_what_no_link_can_do_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Way(**wrong)  # type: ignore[arg-type]


def test_what_is_declared_is_read_again(tmp_path: Path) -> None:
    params = replace(PARAMS, root=tmp_path)
    assert weather.declared(params) == CLEAR
    declared = Weather(there=Way(cut=True), back=Way(delay_s=0.02, loss=0.1), silent=frozenset({1}))
    weather.declare(params, declared)
    assert weather.declared(params) == declared
    weather.file(params).write_text('{"there": {"colour": 1}}')
    with pytest.raises(InvalidInput, match="Declare the link anew"):
        weather.declared(params)


@pytest.fixture
def joined(world: World) -> World:
    """The databases of both sites talk to each other over the link."""
    for site in world.sites:
        site.group("database", ingress(None))
    world.settle()
    one = world.space(world.sites[0], "database")
    until(lambda: reaches(one, THERE, 5432))
    return world


@contextmanager
def conversation(one: str, other: str) -> Iterator[tuple[socket, socket]]:
    """Both ends of an open connection over the link."""
    with (
        listening(other, 5432) as server,
        connected(one, THERE, 5432) as client,
        the_other_end(server, client) as accepted,
    ):
        yield client, accepted


@pytest.mark.slow
def test_a_link_that_is_cut_is_silent_and_goes_on_when_it_heals(joined: World) -> None:
    one, other = (joined.space(site, "database") for site in joined.sites)
    with conversation(one, other) as (client, accepted):
        joined.weather = Weather(there=Way(cut=True), back=Way(cut=True))
        joined.settle()
        assert not talks(client, accepted, patience_s=SILENCE_S) and not reaches(one, THERE, 5432)
        assert arrives(joined.place("operators"), THERE, 5432), "operators do not go by the link"
        joined.weather = CLEAR
        joined.settle()
        accepted.settimeout(60)
        assert accepted.recv(4) == b"word"


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["there", "back"])
def test_a_link_that_is_cut_one_way_still_carries_the_other(joined: World, cut: str) -> None:
    one, other = (joined.space(site, "database") for site in joined.sites)
    with conversation(one, other) as (client, accepted):
        joined.weather = Weather(**{cut: Way(cut=True)})  # type: ignore[arg-type]  # a way
        joined.settle()
        assert talks(client, accepted, patience_s=ARRIVES_S if cut == "back" else SILENCE_S) is (cut == "back")
        assert talks(accepted, client, patience_s=ARRIVES_S if cut == "there" else SILENCE_S) is (cut == "there")
        assert not reaches(one, THERE, 5432), "no answer comes, whichever way is cut"


@pytest.fixture
def carrier(joined: World, tmp_path: Path) -> Iterator[Carrier]:
    joined.params = LabParams(
        name="net", root=tmp_path / "lab", base_port=PARAMS.base_port, base_address=PARAMS.base_address
    )
    joined.params.claim()
    carrier = Carrier(joined.params)
    yield carrier
    carrier.follow(relayed=False)
    joined.settle()


def declare(world: World, carrier: Carrier, declared: Weather) -> None:
    world.weather = declared
    weather.declare(world.params, declared)
    world.settle()
    if carrier.follow(relayed=declared.relayed):
        world.settle()


@pytest.mark.slow
def test_a_slow_link_is_slow_both_ways_and_quick_again_when_it_clears(joined: World, carrier: Carrier) -> None:
    one = joined.space(joined.sites[0], "database")
    slow = Way(delay_s=0.1)
    declare(joined, carrier, Weather(there=slow, back=slow))
    until(lambda: reaches(one, THERE, 5432))
    assert round_trip(one) >= 0.2
    assert carrier.well
    declare(joined, carrier, CLEAR)
    until(lambda: reaches(one, THERE, 5432))
    until(lambda: round_trip(one) < 0.1)


def round_trip(space: str) -> float:
    """Until somebody refuses us."""
    begun = monotonic()
    assert arrives(space, THERE, 5433)
    return monotonic() - begun
