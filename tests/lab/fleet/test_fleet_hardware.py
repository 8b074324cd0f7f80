"""A box is what its vendor made: what the city declares of it changes nothing, and what it declares wrongly shows."""

from dataclasses import replace

import pytest

from city.model.city import City
from city.model.wireless import Band, Radio
from lab.fleet.fleet import facts_of
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import families
from tests.lab.fleet.devices import boxed, said, tell


def of(city: City) -> dict[str, object]:
    return {hardware.id: hardware for hardware in fleet_hardware(city)}


def test_what_the_city_declares_of_radios_and_ports_does_not_change_the_boxes(example_city: City) -> None:
    only = (Radio(band=Band.GHZ_5, channel=132, eirp_dbm=3, hardware="radio7"),)
    other = replace(
        example_city,
        access_points=tuple(replace(ap, radios=only, ssids=()) for ap in example_city.access_points),
        switches=tuple(replace(switch, ports=7) for switch in example_city.switches),
    )
    assert of(other) == of(example_city)


def test_every_access_point_has_the_radios_of_its_family(example_city: City) -> None:
    for hardware in fleet_hardware(example_city):
        assert hardware.bands == families()[hardware.platform].bands


@pytest.mark.parametrize(
    ("highest", "ports"),
    [
        pytest.param(0, 24, id="nothing plugged in"),
        pytest.param(24, 24, id="the last port of the smaller model"),
        pytest.param(25, 48, id="one more"),
        pytest.param(49, 48, id="a cable for which there is no port"),
    ],
)
def test_a_switch_is_the_smallest_model_into_which_its_cables_fit(highest: int, ports: int) -> None:
    assert families()["edge-switch"].ports(highest) == ports


REFUSED = "% Invalid input detected at '^' marker."


@pytest.mark.parametrize(
    ("device", "header"),
    [
        pytest.param("ap-0001", "interface dot11radio 2", id="a third radio"),
        pytest.param("ap-0001", "interface radio0", id="a radio of another vendor's name"),
        pytest.param("ap-0001", "interface gigabitethernet 1", id="a second socket"),
        pytest.param("sw-west-01", "interface gigabitethernet 1/0/25", id="a port beyond the last"),
        pytest.param("sw-west-01", "interface dot11radio 0", id="a radio in a switch"),
        pytest.param("sw-west-01", "vlan 4095", id="a VLAN that no switch has"),
        pytest.param("sw-west-01", "vlan 1003", id="a VLAN that is kept for token rings"),
    ],
)
def test_a_declaration_of_what_the_box_does_not_have_fails_there(example_city: City, device: str, header: str) -> None:
    hardware = next(hardware for hardware in fleet_hardware(example_city) if hardware.id == device)
    _, answers = tell(boxed(hardware), "configure terminal", header)
    assert said(answers[-1]) == REFUSED


def test_a_radio_that_nobody_configured_is_shut(example_city: City) -> None:
    for hardware in fleet_hardware(example_city):
        assert not any(radio.enabled for radio in facts_of(boxed(hardware)).radios)
