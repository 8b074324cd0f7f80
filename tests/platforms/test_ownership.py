"""Absence is a state within what is ours; what is not ours is named and never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.city import City
from city.model.wireless import AccessPoint
from network.diff import compare
from platforms.edge_switch import GRAMMAR as SWITCH
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.scope import Owner, Part, left_alone
from platforms.mesh_ap import GRAMMAR as MESH
from platforms.registry import grammar, intended

PORT = "interface gigabitethernet 1/0/{}"
OURS_ONCE = [
    "description city:ap-0009",
    "switchport mode trunk",
    "switchport trunk native vlan 900",
    "switchport trunk allowed vlan 110",
    "no shutdown",
]
TRAFFIC = ["description traffic lights", "switchport mode access", "switchport access vlan 300", "no shutdown"]


def pushed(city: City, device: str, running: Mapping[str, Sequence[str]]) -> Configuration:
    """What a device that shows `running` shows after a push."""
    wanted, kind = intended(city, city.device(device)), grammar(city.device(device).platform)
    before = Configuration.of(running)
    after = kind.after(before, compare(kind, before, wanted).lines)
    assert kind.managed(after, wanted) == wanted, "a second push finds nothing to do"
    return after


@pytest.mark.parametrize(
    ("port", "lines", "after"),
    [
        pytest.param(7, OURS_ONCE, {"shutdown"}, id="the access point was taken out or moved away"),
        pytest.param(7, ["no shutdown"], {"shutdown"}, id="nobody uses it"),
        pytest.param(7, ["shutdown"], {"shutdown"}, id="it is shut"),
        pytest.param(7, TRAFFIC, set(TRAFFIC), id="somebody else uses it"),
        pytest.param(
            12,
            ["switchport mode trunk", "no shutdown"],
            {"switchport mode trunk", "no shutdown"},
            id="it carries the switch itself",
        ),
    ],
)
def test_a_port_without_a_declared_user_is_shut_unless_somebody_else_uses_it(
    example_city: City, port: int, lines: list[str], after: set[str]
) -> None:
    shown = pushed(example_city, "sw-west-01", {PORT.format(port): lines})
    assert shown.lines(PORT.format(port)) == after


def test_a_port_that_we_declare_is_ours_whatever_stood_there(example_city: City) -> None:
    shown = pushed(example_city, "sw-west-01", {PORT.format(1): TRAFFIC})
    assert "description city:ap-0001" in shown.lines(PORT.format(1))
    assert not {"description traffic lights", "switchport access vlan 300"} & shown.lines(PORT.format(1))


@pytest.mark.parametrize(
    "own",
    [
        "switchport",
        "switchport trunk encapsulation dot1q",
        "switchport nonegotiate",
        "switchport port-security maximum 5",
        "spanning-tree portfast trunk",
    ],
)
def test_how_a_port_of_ours_carries_its_vlans_is_the_boxs_own(example_city: City, own: str) -> None:
    """A switch that can also route prints the first; an older one refuses to be a trunk without the second."""
    shown = pushed(example_city, "sw-west-01", {PORT.format(1): [own, "switchport voice vlan 300"]})
    assert own in shown.lines(PORT.format(1))
    assert "switchport voice vlan 300" not in shown.lines(PORT.format(1)), "which VLANs it carries is ours"


def test_a_vlan_that_we_made_goes_with_its_network_and_anothers_stays(example_city: City) -> None:
    shown = pushed(
        example_city,
        "sw-west-01",
        {"vlan 130": ["name city:guests"], "vlan 300": ["name traffic-lights"], "vlan 301": [], "vlan 1": []},
    )
    assert {"vlan 110", "vlan 120", "vlan 900", "vlan 300", "vlan 301", "vlan 1"} == {
        header for header in shown.sections if header.startswith("vlan ")
    }


def test_the_old_management_address_goes_before_the_new_one_comes(example_city: City) -> None:
    """An IOS-like device refuses an address that another interface of its own holds."""
    wanted = intended(example_city, example_city.device("sw-west-01"))
    old = Configuration.of({"interface vlan 850": ["description city:management", "ip address 10.10.0.11 255.255.0.0"]})
    lines = compare(SWITCH, old, wanted).lines
    assert lines.index("no interface vlan 850") < lines.index("interface vlan 900")


@pytest.mark.parametrize(("band", "kept", "gone"), [("2.4GHz", 0, 1), ("5GHz", 1, 0)])
def test_a_radio_that_is_not_declared_is_off_and_the_other_is_as_it_was(
    example_city: City, band: str, kept: int, gone: int
) -> None:
    for device, header, off, ssid in (
        ("ap-0001", "interface dot11radio {}", "shutdown", "wlan"),
        ("ap-0003", "wireless.radio{}=wifi-device", "disabled='1'", "radio{}"),
    ):
        whole, point = intended(example_city, example_city.device(device)), example_city.device(device)
        less = intended(example_city, without_radio(point, band))
        kind = grammar(point.platform)
        after = kind.after(whole, compare(kind, whole, less).lines)
        assert after.lines(header.format(kept)) == whole.lines(header.format(kept))
        assert off in after.lines(header.format(gone))
        assert not [line for line in after.lines(header.format(gone)) if line.startswith(ssid)]
        assert not [h for h in after.sections if h.endswith(f"_radio{gone}=wifi-iface")]


def without_radio(point: object, band: str) -> AccessPoint:
    assert isinstance(point, AccessPoint)
    return replace(point, radios=tuple(radio for radio in point.radios if radio.band == band))


def test_what_is_not_ours_is_named_with_its_owner(example_city: City) -> None:
    wanted = intended(example_city, example_city.device("sw-west-01"))
    running = Configuration.of(
        {
            TOP: ["hostname sw-west-01", "radius-server host 10.9.9.9"],
            "vlan 300": ["name traffic-lights"],
            PORT.format(9): TRAFFIC,
            PORT.format(7): OURS_ONCE,
            "line vty 0 4": ["login local"],
        }
    )
    assert left_alone(SWITCH, running, wanted) == (
        Part(header=TOP, lines=("radius-server host 10.9.9.9",), owner=Owner.THEIRS),
        Part(header=PORT.format(9), lines=tuple(sorted(TRAFFIC)), owner=Owner.UNKNOWN),
        Part(header="line vty 0 4", lines=("login local",), owner=Owner.THEIRS),
        Part(header="vlan 300", lines=("name traffic-lights",), owner=Owner.UNKNOWN),
    )


def test_options_of_others_are_named_too(example_city: City) -> None:
    wanted = intended(example_city, example_city.device("ap-0003"))
    running = Configuration.of({"wireless.radio0=wifi-device": ["country='GR'"], "system.led=led": ["name='wan'"]})
    assert [(part.header, part.lines) for part in left_alone(MESH, running, wanted)] == [
        ("system.led=led", ("name='wan'",)),
        ("wireless.radio0=wifi-device", ("country='GR'",)),
    ]


USED = st.sampled_from([OURS_ONCE, TRAFFIC, ["no shutdown"], ["shutdown"], ["description uplink", "no shutdown"]])


@given(st.dictionaries(st.integers(1, 12), USED), st.sets(st.integers(1, 12)))
def test_no_push_touches_a_port_that_bears_no_mark_of_ours(shown: dict[int, list[str]], declared: set[int]) -> None:
    running = Configuration.of({PORT.format(port): lines for port, lines in shown.items()})
    wanted = Configuration.of(
        {PORT.format(port): OURS_ONCE if port in declared else ["shutdown"] for port in range(1, 13)}
    )
    difference = compare(SWITCH, running, wanted)
    after = SWITCH.after(running, difference.lines)
    assert not compare(SWITCH, after, wanted)
    for port, lines in shown.items():
        if port not in declared and lines not in (OURS_ONCE, ["no shutdown"]):
            assert after.lines(PORT.format(port)) == set(lines)
            assert f"interface gigabitethernet 1/0/{port}" not in difference.lines


def test_a_network_that_is_not_declared_leaves_the_air(example_city: City) -> None:
    shown = pushed(example_city, "ap-0001", {"wlan old": ["ssid OLD"], "interface dot11radio 0": ["wlan old"]})
    assert "wlan old" not in shown.sections
    assert "wlan old" not in shown.lines("interface dot11radio 0")
