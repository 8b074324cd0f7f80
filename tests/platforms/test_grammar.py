import pytest

from platforms.edge_switch import GRAMMAR as EDGE_SWITCH
from platforms.frr import GRAMMAR as FRR
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Grammar
from platforms.mesh_ap import GRAMMAR as MESH_AP
from platforms.registry import platforms
from platforms.street_ap import GRAMMAR as STREET_AP
from tests.platforms import recorded

PUSHED = [known.grammar for known in platforms().values() if known.grammar is not None]
RECORDED = [
    pytest.param(FRR, recorded.FRR_RUNNING, id="real FRR"),
    pytest.param(STREET_AP, recorded.STREET_AP_RUNNING, id="street-ap"),
    pytest.param(MESH_AP, recorded.MESH_AP_RUNNING, id="mesh-ap"),
]


@pytest.mark.parametrize(("platform", "text"), RECORDED)
def test_what_a_device_wrote_is_read_and_written_to_the_same_value(platform: Grammar, text: str) -> None:
    read = platform.parse(text)
    assert platform.parse(platform.render(read)) == read
    assert platform.parse(text.replace("\n", "\r\n")) == read


def test_sections_of_a_real_router() -> None:
    read = FRR.parse(recorded.FRR_RUNNING)
    assert read.lines("interface dum0") == {"description uplink", "ip address 10.9.0.1/30"}
    assert "ip route 0.0.0.0/0 10.9.0.2" in read.lines(TOP), "what follows a section's exit stands outside it"
    assert not {"exit", "end", "!"} & read.lines(TOP)


@pytest.mark.parametrize(
    ("platform", "text", "same"),
    [
        pytest.param(
            EDGE_SWITCH,
            "interface gigabitethernet 1/0/3\n switchport trunk allowed vlan 120,110-112\n",
            "interface gigabitethernet 1/0/3\n  switchport  trunk allowed vlan 110,111,112,120 \n",
            id="a list of VLANs is a set",
        ),
        pytest.param(
            STREET_AP, "vlan 1\n name a\nvlan 2\n name b\n", "vlan 2\n name b\n!\nvlan 1\n name a\n", id="order"
        ),
        pytest.param(
            MESH_AP,
            "a.b=timeserver\na.b.server='10.0.0.2' '10.0.0.1'\n",
            "a.b.server='10.0.0.1 10.0.0.2'\na.b=timeserver\n",
            id="several servers in any order and either quoting",
        ),
    ],
)
def test_equal_meaning_is_equal_value(platform: Grammar, text: str, same: str) -> None:
    assert platform.parse(text) == platform.parse(same)
    assert platform.parse(text).digest == platform.parse(same).digest


@pytest.mark.parametrize("platform", PUSHED, ids=lambda pushed: pushed.name)
@pytest.mark.parametrize("text", ["", "\n\n", "!\nend\n"], ids=["nothing", "blank lines", "an empty frame"])
def test_nothing_is_no_configuration(platform: Grammar, text: str) -> None:
    """A device that shows nothing must not look like one that lacks everything."""
    with pytest.raises(ValueError, match="no configuration"):
        platform.parse(text)


def test_an_option_outside_every_section_is_no_configuration() -> None:
    with pytest.raises(ValueError, match="stands in no section"):
        MESH_AP.parse("system.host.hostname='x'\n")


@pytest.mark.parametrize(
    ("platform", "running", "intended", "lines"),
    [
        pytest.param(
            STREET_AP,
            {TOP: ["hostname old", "ntp server 10.0.0.1"]},
            {TOP: ["hostname new", "ntp server 10.0.0.2"]},
            ("no ntp server 10.0.0.1", "hostname new", "ntp server 10.0.0.2"),
            id="one value replaces itself, one of many is taken away",
        ),
        pytest.param(
            STREET_AP,
            {"vlan 110": ["name free"], "wlan old": ["vlan 110"]},
            {"vlan 110": ["name free"], "wlan new": ["vlan 110"]},
            ("wlan new", "vlan 110", "exit", "no wlan old"),
            id="a section comes before the one it replaces goes",
        ),
        pytest.param(
            STREET_AP,
            {"interface dot11radio 0": ["shutdown", "wlan a"]},
            {"interface dot11radio 0": ["no shutdown"]},
            ("interface dot11radio 0", "no wlan a", "no shutdown", "exit"),
            id="no shutdown is a value, not an absence",
        ),
        pytest.param(
            MESH_AP,
            {"wireless.a=wifi-iface": ["ssid='A'"], "wireless.radio0=wifi-device": ["channel='1'"]},
            {"wireless.b=wifi-iface": ["ssid='B'"], "wireless.radio0=wifi-device": ["channel='6'"]},
            (
                "uci delete wireless.a",
                "uci set wireless.b=wifi-iface",
                "uci set wireless.b.ssid='B'",
                "uci set wireless.radio0.channel='6'",
            ),
            id="options are set, sections deleted",
        ),
        pytest.param(
            FRR,
            {TOP: ["log syslog errors"]},
            {TOP: ["log syslog informational"]},
            ("log syslog informational",),
            id="router",
        ),
        pytest.param(FRR, {TOP: ["x"]}, {TOP: ["x"]}, (), id="nothing to do"),
    ],
)
def test_remedy(
    platform: Grammar, running: dict[str, list[str]], intended: dict[str, list[str]], lines: tuple[str, ...]
) -> None:
    assert platform.remedy(Configuration.of(running), Configuration.of(intended)) == lines


@pytest.mark.parametrize(
    ("platform", "running", "ours"),
    [
        pytest.param(FRR, {TOP: ["frr version 8.4.4", "hostname vm", "ip route 0.0.0.0/0 10.9.0.2"]}, {}, id="router"),
        pytest.param(FRR, {"interface dum0": ["description uplink"]}, {}, id="a router's interface"),
        pytest.param(
            FRR,
            {TOP: ["ip route 10.1.0.0/24 Null0 254", "ip prefix-list city-networks seq 7 deny any"]},
            {TOP: ["ip route 10.1.0.0/24 Null0 254", "ip prefix-list city-networks seq 7 deny any"]},
            id="what only we write is ours even when nobody intends it",
        ),
        pytest.param(STREET_AP, {"vlan 1": ["name default"]}, {}, id="the factory's VLAN"),
        pytest.param(
            STREET_AP, {"vlan 7": ["name x"], "wlan y": []}, {"vlan 7": ["name x"], "wlan y": []}, id="VLANs, SSIDs"
        ),
        pytest.param(
            MESH_AP,
            {"wireless.radio0=wifi-device": ["country='GR'"], "system.host=system": ["zonename='UTC'"]},
            {},
            id="options that we do not set",
        ),
        pytest.param(
            MESH_AP, {"wireless.x=wifi-iface": ["mode='ap'"]}, {"wireless.x=wifi-iface": ["mode='ap'"]}, id="SSID"
        ),
    ],
)
def test_what_is_ours(platform: Grammar, running: dict[str, list[str]], ours: dict[str, list[str]]) -> None:
    assert platform.managed(Configuration.of(running), Configuration.of({})) == Configuration.of(ours)


def test_a_port_that_we_intend_keeps_what_others_set_on_it() -> None:
    port = "interface gigabitethernet 1/0/3"
    running = Configuration.of({port: ["description x", "storm-control broadcast level 1", "no shutdown"]})
    intended = Configuration.of({port: ["description ap-0001", "no shutdown"]})
    assert EDGE_SWITCH.managed(running, intended) == Configuration.of({port: ["description x", "no shutdown"]})


def test_capabilities_are_kept_by_the_commands() -> None:
    """Who says that it reverts by itself arms it; who says that it has a candidate changes nothing by arming."""
    for platform in PUSHED:
        arming, applying = platform.arm(("LINE",), 120), platform.apply(("LINE",), 120)
        timed = any("timer 2" in c or "120" in c for c in (*arming, *applying))
        assert timed == platform.capabilities.timed_revert == bool(platform.confirm())
        assert ("LINE" in arming) == platform.capabilities.candidate == bool(platform.show_staged)
        assert ("LINE" in applying) != ("LINE" in arming), "each line goes out once"
