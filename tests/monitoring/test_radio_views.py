"""A radio's verdict rests on what the vendor's MIB says of it, and is unknown where it says nothing."""

from pathlib import Path

import pytest

from city.load import load
from city.model.wireless import Band
from monitoring.answers import impossible, readings, words
from monitoring.ledger.intervals import State
from monitoring.radio_condition import NO_NETWORK_SHOWN, NOT_FOR_EVERYBODY, NOT_SHOWN, SHUT, UP, Condition
from monitoring.radios import judge
from platforms.mesh_ap import PROFILE as UNIFI_PROFILE
from platforms.profile import RadioView
from platforms.registry import profile
from tests.monitoring.walked import walked

EXAMPLE = load(Path(__file__).parents[2] / "cities" / "example")
STREET_AP, MESH_AP = "ap-0001", "ap-0003"

# The interfaces as a Ruckus R850 has them (LibreNMS, ruckuswireless-unleashed), in the form of `snmpwalk -On`
R850 = """
.1.3.6.1.2.1.2.2.1.2.1 = STRING: "lo"
.1.3.6.1.2.1.2.2.1.2.2 = STRING: "tunnel"
.1.3.6.1.2.1.2.2.1.2.3 = STRING: "bus"
.1.3.6.1.2.1.2.2.1.2.4 = STRING: "eth0"
.1.3.6.1.2.1.2.2.1.2.6 = STRING: "wifi1"
.1.3.6.1.2.1.2.2.1.2.7 = STRING: "wifi0"
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.2 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.8.3 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.8.4 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.6 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.8.7 = INTEGER: up(1)
.1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.1 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.1 = INTEGER: 1
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.2 = INTEGER: 100
"""
UNIFI = """
.1.3.6.1.4.1.41112.1.6.1.1.1.6.1 = INTEGER: 9
.1.3.6.1.4.1.41112.1.6.1.2.1.4.1 = INTEGER: 6
.1.3.6.1.4.1.41112.1.6.1.2.1.4.2 = INTEGER: 44
.1.3.6.1.4.1.41112.1.6.1.2.1.4.3 = INTEGER: 5
.1.3.6.1.4.1.41112.1.6.1.2.1.4.4 = INTEGER: 37
.1.3.6.1.4.1.41112.1.6.1.2.1.6.1 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.2 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.3 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.6.4 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.41112.1.6.1.2.1.9.1 = STRING: "ng"
.1.3.6.1.4.1.41112.1.6.1.2.1.9.2 = STRING: "na"
.1.3.6.1.4.1.41112.1.6.1.2.1.9.3 = STRING: "6e"
.1.3.6.1.4.1.41112.1.6.1.2.1.9.4 = STRING: "6e"
.1.3.6.1.4.1.41112.1.6.1.2.1.22.1 = INTEGER: 2
.1.3.6.1.4.1.41112.1.6.1.2.1.22.2 = INTEGER: 2
.1.3.6.1.4.1.41112.1.6.1.2.1.22.3 = INTEGER: 1
.1.3.6.1.4.1.41112.1.6.1.2.1.22.4 = INTEGER: 1
"""


def judged(ap: str, walk: str, cut: tuple[str, ...] = ()) -> tuple[Condition, Condition]:
    device = EXAMPLE.device(ap)
    asked, answers = profile(device.platform), walked(walk)
    found = judge(EXAMPLE, device, readings(asked, answers), words(asked, answers), cut)
    return found[Band.GHZ_2_4], found[Band.GHZ_5]


def without(walk: str, part: str) -> str:
    return "\n".join(line for line in walk.splitlines() if part not in line)


@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        pytest.param(R850, (UP, SHUT), id="by ifDescr"),
        pytest.param(R850.replace(".2.2.1.2.", ".31.1.1.1.1."), (UP, SHUT), id="by ifName"),
        pytest.param(R850.replace("wifi", "ra"), (NOT_SHOWN, NOT_SHOWN), id="no interface has the name"),
        pytest.param(without(R850, ".2.2.1.2."), (NOT_SHOWN, NOT_SHOWN), id="no names, and the interfaces differ"),
        pytest.param(
            without(R850, ".2.2.1.2.").replace("down(2)", "up(1)"), (UP, UP), id="no names, and all interfaces are up"
        ),
        pytest.param(R850.replace("EXAMPLE-FREE", "EXAMPLE-FREE\0\0"), (UP, SHUT), id="a name with its NUL"),
        pytest.param(R850.replace("EXAMPLE-FREE", "EXAMPLE-FREE    "), (UP, SHUT), id="a name that is filled up"),
    ],
)
def test_a_ruckus_radio_is_found_by_the_name_of_its_interface(walk: str, expected: tuple[Condition, Condition]) -> None:
    assert judged(STREET_AP, walk) == expected


def test_a_band_is_what_the_mib_calls_it_so_6_ghz_on_channel_5_or_37_is_neither_of_the_others() -> None:
    assert judged(MESH_AP, UNIFI) == (SHUT, SHUT)


def test_a_channel_that_6_ghz_has_too_says_nothing_where_the_device_names_no_band() -> None:
    """Of a device that may have a radio there; at 37 there is no channel but that of 6 GHz."""
    nameless = without(UNIFI, ".6.1.2.1.9.")
    assert judged(MESH_AP, nameless) == (NOT_SHOWN, SHUT)
    assert judged(MESH_AP, nameless.replace("2.1.22.1 = INTEGER: 2", "2.1.22.1 = INTEGER: 1"))[0][0] is State.UP
    other = nameless.replace("2.1.4.4 = INTEGER: 37", "2.1.4.4 = INTEGER: 149")
    assert judged(MESH_AP, other) == (NOT_SHOWN, NOT_SHOWN)


TRI_RADIO = (
    R850
    + """
.1.3.6.1.2.1.2.2.1.2.8 = STRING: "wifi2"
.1.3.6.1.2.1.2.2.1.8.8 = INTEGER: up(1)
.1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.3 = INTEGER: {}
"""
)


@pytest.mark.parametrize(
    ("sixth", "expected"),
    [
        pytest.param(37, SHUT, id="no channel of 5 GHz"),
        pytest.param(149, NOT_SHOWN, id="one of both"),
        pytest.param(5, SHUT, id="one of 2.4 GHz and 6 GHz"),
        pytest.param(6135, SHUT, id="told by its frequency"),
    ],
)
def test_a_ruckus_with_a_third_radio_may_send_at_6_ghz(sixth: int, expected: Condition) -> None:
    """Its MIB names no bands; the radio at 5 GHz is shut, and nothing that the third one sends makes it up."""
    low, high = judged(STREET_AP, TRI_RADIO.format(sixth))
    assert (low, high) == (NOT_SHOWN, expected), "channel 1 is one of 6 GHz as well"
    sixth_channel = TRI_RADIO.format(sixth).replace("2.1.4.1 = INTEGER: 1", "2.1.4.1 = INTEGER: 6")
    assert judged(STREET_AP, sixth_channel)[0][0] is State.UP, "6 is a channel of 2.4 GHz alone"


@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        pytest.param(without(R850, ".25053.1.1.6."), NO_NETWORK_SHOWN, id="no network is shown"),
        pytest.param(R850.replace("EXAMPLE-FREE", ""), NO_NETWORK_SHOWN, id="the one network has no name"),
        pytest.param(R850.replace("EXAMPLE-FREE", "EXAMPLE-STAFF"), NOT_FOR_EVERYBODY, id="another network"),
        pytest.param(R850.replace("1.2.2.1.8.7 = INTEGER: up(1)", "1.2.2.1.8.7 = INTEGER: 0"), NOT_SHOWN, id="state 0"),
        pytest.param(R850.replace("1.2.2.1.8.7 = INTEGER: up(1)", "1.2.2.1.8.7 = INTEGER: 9"), NOT_SHOWN, id="state 9"),
        pytest.param(R850.replace("1.2.2.1.8.7 = INTEGER: up(1)", "1.2.2.1.8.7 = INTEGER: 6"), SHUT, id="not present"),
    ],
)
def test_what_a_radio_does_not_show_is_unknown_and_never_down(walk: str, expected: Condition) -> None:
    assert judged(STREET_AP, walk)[0] == expected


def test_networks_that_were_not_read_to_their_end_say_nothing_of_those_that_are_missing() -> None:
    view = profile(EXAMPLE.device(STREET_AP).platform).radios
    assert isinstance(view, RadioView)
    staff = R850.replace("EXAMPLE-FREE", "EXAMPLE-STAFF")
    assert judged(STREET_AP, staff, (view.ssid.oid,))[0] == NO_NETWORK_SHOWN
    assert judged(STREET_AP, R850, (view.ssid.oid,))[0] == UP


def test_a_channel_that_the_band_does_not_have_is_not_told_as_what_is_sent() -> None:
    seeking = UNIFI.replace("2.1.4.1 = INTEGER: 6", "2.1.4.1 = INTEGER: 0").replace(
        "2.1.22.1 = INTEGER: 2", "2.1.22.1 = INTEGER: 1"
    )
    assert judged(MESH_AP, seeking)[0] == UP


def test_that_a_table_which_was_cut_lacks_a_row_says_nothing() -> None:
    assert judged(MESH_AP, without(UNIFI, ".6.1.2.1.")) == (SHUT, SHUT)
    assert isinstance(UNIFI_PROFILE.radios, RadioView)
    assert judged(MESH_AP, without(UNIFI, ".6.1.2.1."), (UNIFI_PROFILE.radios.channel.oid,)) == (NOT_SHOWN, NOT_SHOWN)


def test_values_that_cannot_be_are_left_out_and_counted() -> None:
    walk = """
    .1.3.6.1.2.1.25.2.3.1.5.1 = INTEGER: 100
    .1.3.6.1.2.1.25.2.3.1.6.1 = INTEGER: 7
    .1.3.6.1.2.1.25.3.3.1.2.1 = INTEGER: 101
    """
    asked, answers = profile("frr"), walked(walk)
    negative = [(oid, value._replace(content=-7) if value.content == 7 else value) for oid, value in answers]
    assert readings(asked, negative) == {"hrStorageSize[hrStorageIndex=1]": 100.0}
    assert impossible(asked, negative) == 2


def test_counters_of_32_bits_are_read_where_those_of_64_are_missing() -> None:
    walk = ".1.3.6.1.2.1.2.2.1.10.4 = Counter32: 7\n.1.3.6.1.2.1.2.2.1.16.4 = Counter32: 8"
    found = readings(profile("edge-switch"), walked(walk))
    assert found == {"ifInOctets[ifIndex=4]": 7.0, "ifOutOctets[ifIndex=4]": 8.0}
