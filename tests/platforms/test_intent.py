from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from city.errors import InvalidInput
from city.model.city import City, Device
from city.model.wireless import AccessPoint
from platforms.grammar.configuration import TOP
from platforms.registry import grammar, intended

ASKED = ("auth_server='10.1.3.7'", "auth_port='1812'")


@pytest.mark.parametrize(
    ("device", "header", "lines"),
    [
        pytest.param(
            "ap-0001",
            "interface dot11radio 1",
            {"channel 100", "eirp 30", "no shutdown", "wlan free", "wlan staff"},
            id="a radio carries every SSID of its access point",
        ),
        pytest.param(
            "ap-0001",
            "wlan free",
            {"ssid EXAMPLE-FREE", "security owe", "vlan 110", "client-isolation"},
            id="residents are isolated from each other",
        ),
        pytest.param(
            "ap-0001",
            "wlan staff",
            {"ssid EXAMPLE-STAFF", "security wpa3-enterprise", "vlan 120", "radius-server 10.1.3.7"},
            id="staff are not",
        ),
        pytest.param("ap-0001", "radius-server 10.1.3.7", {"port 1812"}, id="whom the staff's network asks"),
        pytest.param(
            "ap-0001",
            "interface gigabitethernet 0",
            {"description sw-west-01 port 1", "management vlan 900", "no shutdown"},
            id="uplink",
        ),
        pytest.param(
            "ap-0003", "wireless.radio0=wifi-device", {"channel='11'", "eirp='20'", "disabled='0'"}, id="mesh radio"
        ),
        pytest.param(
            "ap-0003",
            "wireless.staff_radio1=wifi-iface",
            {"device='radio1'", "ssid='EXAMPLE-STAFF'", "encryption='wpa3'", "vlan='120'", "isolate='0'", *ASKED},
            id="an interface per SSID and radio",
        ),
        pytest.param(
            "sw-west-01",
            "interface gigabitethernet 1/0/2",
            {
                "description city:ap-0002",
                "no shutdown",
                "switchport mode trunk",
                "switchport trunk native vlan 900",
                "switchport trunk allowed vlan 110",
            },
            id="a port carries the VLANs of what hangs on it, and no other",
        ),
        pytest.param(
            "sw-west-01",
            "interface vlan 900",
            {"description city:management", "ip address 10.10.0.11 255.255.252.0"},
            id="management",
        ),
        pytest.param("sw-west-01", "interface gigabitethernet 1/0/9", {"shutdown"}, id="a port without a user"),
        pytest.param(
            "sw-core-01",
            TOP,
            {
                "log syslog informational",
                *(
                    f"ip prefix-list city-networks seq {v} permit 10.1.{n}.0/24"
                    for n, v in enumerate((10, 20, 30, 900, 40))
                ),
                *(f"ip route 10.1.{n}.0/24 Null0 254" for n in (0, 1, 2, 4)),
            },
            id="a router names its site's networks and never discards the one it is managed over",
        ),
    ],
)
def test_intent(example_city: City, device: str, header: str, lines: set[str]) -> None:
    assert intended(example_city, example_city.device(device)).lines(header) == lines


def test_every_device_has_an_intent_that_its_platform_reads_back(example_city: City) -> None:
    for device in example_city.devices:
        wanted = intended(example_city, device)
        kind = grammar(device.platform)
        assert kind.parse(kind.render(wanted)) == wanted
        assert kind.managed(wanted, wanted) == wanted


def test_a_vlan_s_name_is_no_longer_than_the_switch_takes(example_city: City) -> None:
    longer = {ssid.id: f"{ssid.id}-{'x' * 40}" for ssid in example_city.ssids}
    points = tuple(replace(p, ssids=tuple(longer[name] for name in p.ssids)) for p in example_city.access_points)
    ssids = tuple(replace(ssid, id=longer[ssid.id]) for ssid in example_city.ssids)
    city = replace(example_city, ssids=ssids, access_points=points)
    (line,) = intended(city, city.device("sw-west-01")).lines("vlan 110")
    assert line.startswith("name city:free-xxx") and len(line.removeprefix("name ")) == 32


def without_servers(city: City) -> tuple[City, Device]:
    return replace(city, ntp_servers=()), city.device("ap-0001")


def without_syslog(city: City) -> tuple[City, Device]:
    return replace(city, syslog_server=" "), city.device("ap-0003")


def outside_every_network(city: City) -> tuple[City, Device]:
    return city, replace(city.device("sw-west-01"), address=IPv4Address("192.0.2.1"))


def with_a_quote(city: City) -> tuple[City, Device]:
    return replace(city, ssids=tuple(replace(s, name="it's free") for s in city.ssids)), city.device("ap-0003")


def with_a_second_line(city: City) -> tuple[City, Device]:
    return replace(city, ssids=tuple(replace(s, name="free\nreload") for s in city.ssids)), city.device("ap-0001")


def with_an_unknown_ssid(city: City) -> tuple[City, Device]:
    device = city.device("ap-0001")
    assert isinstance(device, AccessPoint)
    return city, replace(device, ssids=("fee",))


def without_radius(city: City) -> tuple[City, Device]:
    return replace(city, ssids=tuple(replace(s, radius=()) for s in city.ssids)), city.device("ap-0003")


def of_another_platform(city: City) -> tuple[City, Device]:
    return city, replace(city.device("ap-0001"), platform="edge-switch")


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        pytest.param(without_servers, "device ap-0001, ntp", id="no time server"),
        pytest.param(without_syslog, "device ap-0003, syslog_server", id="an empty log server"),
        pytest.param(outside_every_network, "device sw-west-01, management network", id="an address in no network"),
        pytest.param(with_a_quote, "device ap-0003, ssid name", id="a quote that would end a value"),
        pytest.param(with_a_second_line, "device ap-0001, ssid name", id="a line break that would begin a command"),
        pytest.param(with_an_unknown_ssid, "device ap-0001, ssids", id="an SSID that nobody declared"),
        pytest.param(without_radius, "device ap-0003, radius of SSID staff", id="nobody to ask who may enter"),
        pytest.param(of_another_platform, "device ap-0001, platform", id="an access point that is a switch"),
    ],
)
def test_what_is_missing_is_an_error_that_names_device_and_field(example_city: City, broken: object, told: str) -> None:
    assert callable(broken)
    city, device = broken(example_city)
    with pytest.raises(InvalidInput, match=told):
        intended(city, device)
