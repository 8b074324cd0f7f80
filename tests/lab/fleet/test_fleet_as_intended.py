"""What a push sends, each family's box takes, undoes and keeps: the city's side and the vendor's, written apart."""

from dataclasses import replace

import pytest

from city.model.city import City
from city.model.wireless import Security
from lab.fleet.fleet import facts_of
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import families
from lab.fleet.state import DeviceState, tick
from platforms.grammar.protocol import Grammar
from platforms.registry import grammar, intended
from tests.lab.fleet.devices import boxed, tell

ACCESS_POINTS = [name for name, family in families().items() if family.bands]
DECLARED = [(1, 20.0, True), (100, 30.0, True)]
"""Of ap-0001: channel, EIRP in dBm, on air."""


def of_one_family(city: City, name: str) -> City:
    """All access points are of this family, and all networks are open: not each family knows OWE."""
    return replace(
        city,
        access_points=tuple(replace(ap, platform=name) for ap in city.access_points),
        ssids=tuple(replace(ssid, security=Security.OPEN) for ssid in city.ssids),
    )


def shown(state: DeviceState, of: Grammar) -> str:
    return tell(state, of.show_running, now=200.0)[1][0]


@pytest.mark.parametrize("name", ACCESS_POINTS)
def test_a_push_makes_a_box_send_what_the_city_declares(example_city: City, name: str) -> None:
    city, of = of_one_family(example_city, name), grammar(name)
    ap, hardware = city.device("ap-0001"), next(h for h in fleet_hardware(city) if h.id == "ap-0001")
    wanted, before = intended(city, ap), boxed(hardware)
    lines = of.remedy(of.managed(of.parse(shown(before, of)), wanted), wanted)
    state, _ = tell(before, *of.prepare, *of.arm(lines, 60), *of.apply(lines, 60), now=100.0)
    assert [(radio.channel, radio.eirp_dbm, radio.on_air) for radio in facts_of(state).radios] == DECLARED
    assert of.remedy(of.managed(of.parse(shown(state, of)), wanted), wanted) == (), "nothing is left to say"
    assert tick(state, 161.0).running == before.running, "what nobody confirms goes back"
    kept, _ = tell(state, *of.confirm(), *of.save(), now=120.0)
    assert [radio.on_air for radio in facts_of(tick(kept, 999.0)).radios] == [True, True]
