"""A box that shows only its interfaces tells when a radio is shut, and never that residents can use it."""

from dataclasses import replace

import pytest

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band
from monitoring.answers import readings, words
from monitoring.radio_condition import NO_NETWORK_SHOWN, NOT_SHOWN, SHUT, UP, Condition
from monitoring.radios import judge
from platforms.registry import profile
from tests.monitoring.walked import walked

# net-snmp on OpenWrt 23.05, in the form of `snmpwalk -On`: two networks at 2.4 GHz, one at 5 GHz that is down
SHOWN = """
.1.3.6.1.2.1.31.1.1.1.1.1 = STRING: "lo"
.1.3.6.1.2.1.31.1.1.1.1.2 = STRING: "eth0"
.1.3.6.1.2.1.31.1.1.1.1.7 = STRING: "phy0-ap0"
.1.3.6.1.2.1.31.1.1.1.1.8 = STRING: "phy0-ap1"
.1.3.6.1.2.1.31.1.1.1.1.9 = STRING: "phy1-ap0"
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.2 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.7 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.8.8 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.9 = INTEGER: down(2)
"""
OLDER = SHOWN.replace("phy0-ap0", "wlan0").replace("phy0-ap1", "wlan0-1").replace("phy1-ap0", "wlan1")
OPERATES, NAME = "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.1"


def without(part: str) -> str:
    return "\n".join(line for line in SHOWN.splitlines() if part not in line)


def judged(city: City, device: Device, walk: str, cut: tuple[str, ...] = ()) -> tuple[Condition, Condition]:
    asked, answers = profile("openwrt"), walked(walk)
    found = judge(city, device, readings(asked, answers), words(asked, answers), cut)
    return found[Band.GHZ_2_4], found[Band.GHZ_5]


def point(city: City) -> AccessPoint:
    found = city.device("ap-0003")
    assert isinstance(found, AccessPoint)
    return replace(found, platform="openwrt")


@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        pytest.param(SHOWN, (NO_NETWORK_SHOWN, SHUT), id="names since 23.05"),
        pytest.param(OLDER, (NO_NETWORK_SHOWN, SHUT), id="names before"),
        pytest.param(SHOWN.replace(f"{NAME}.", "1.3.6.1.2.1.2.2.1.2."), (NO_NETWORK_SHOWN, SHUT), id="by ifDescr"),
        pytest.param(without("phy1"), (NO_NETWORK_SHOWN, NOT_SHOWN), id="a radio without an interface"),
        pytest.param(without("1.8.9"), (NO_NETWORK_SHOWN, NOT_SHOWN), id="an interface without a state"),
        pytest.param(SHOWN.replace("phy1-ap0", "phy1-sta0"), (NO_NETWORK_SHOWN, NOT_SHOWN), id="it is a client"),
        pytest.param(SHOWN.replace("phy1", "phy2"), (NO_NETWORK_SHOWN, NOT_SHOWN), id="a radio that no such box has"),
        pytest.param(SHOWN.replace("phy", "my"), (NOT_SHOWN, NOT_SHOWN), id="interfaces with other names"),
    ],
)
def test_a_radio_of_openwrt_is_found_by_the_number_in_the_name_of_its_interface(
    example_city: City, walk: str, expected: tuple[Condition, Condition]
) -> None:
    assert judged(example_city, point(example_city), walk) == expected


def test_a_radio_that_should_send_no_network_for_everybody_need_only_operate(example_city: City) -> None:
    private = replace(
        point(example_city),
        ssids=tuple(ssid.id for ssid in example_city.ssids if ssid.security.value == "wpa3-enterprise"),
    )
    assert judged(example_city, private, SHOWN) == (UP, SHUT)


@pytest.mark.parametrize("cut", [OPERATES, NAME])
def test_that_all_interfaces_which_were_read_are_down_says_nothing_where_others_were_not_read(
    example_city: City, cut: str
) -> None:
    assert judged(example_city, point(example_city), SHOWN, (cut,)) == (NO_NETWORK_SHOWN, NOT_SHOWN)
