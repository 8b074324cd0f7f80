"""routeros: its console beside what real ones printed, its scheduler, and MIKROTIK-MIB."""

import json
from dataclasses import replace

import pytest

from lab.fleet.box import Hardware
from lab.fleet.dialects.routeros_menus import CONSOLE
from lab.fleet.fleet import facts_of
from lab.fleet.keeping import as_json, from_json
from lab.fleet.polling import curves_of
from lab.fleet.registry import families
from lab.fleet.state import DeviceState, boot, tick
from lab.fleet.views.layout import layout
from lab.fleet.views.moment import Moment
from lab.fleet.views.shape import shape
from tests.lab.fleet.devices import boxed, running, tell
from tests.lab.fleet.test_fleet_agent import ROSTER

BOX = Hardware(id="ap-8", platform="routeros", index=8, serial="R8", mac=b"\2abcdk", bands=families()["routeros"].bands)
RECORDED = r"""/interface bridge add name=bridge-local
/interface wireless set [ find default-name=wlan1 ] band=2ghz-b/g/n country=belgium disabled=no frequency=auto mode=ap-bridge security-profile=bletchley ssid=wAP-local wps-mode=disabled
/interface wireless set [ find default-name=wlan2 ] band=5ghz-a/n/ac channel-width=20/40mhz-Ce frequency=5620 ssid=""
/interface vlan add interface=ether1 name=vlan11 vlan-id=11
/interface wireless security-profiles add authentication-types=wpa2-psk mode=dynamic-keys name=bletchley supplicant-identity=""
/interface bridge port add bridge=bridge-local interface=ether1
/interface bridge port add bridge=bridge-local interface=wlan1
/system identity set name=R01.TEST"""  # noqa: E501 - as a real one writes it: a line to a command
"""Lines of public exports (wAP of RouterOS 7.18, switches of 7.20), in the form of `/export terse`."""
SENDING = (
    "/interface wireless set [ find default-name=wlan2 ] mode=ap-bridge frequency=5500 ssid=FREE disabled=no",
    "/interface wireless set [ find default-name=wlan2 ] tx-power-mode=all-rates-fixed tx-power=21",
    '/interface wireless add master-interface=wlan2 name=staff ssid="TOWN STAFF" disabled=no',
)


def test_what_real_ones_printed_it_prints_alike() -> None:
    assert "\n".join(CONSOLE.printed(CONSOLE.parse(RECORDED))) == RECORDED


def test_what_real_ones_printed_can_be_typed_and_is_then_so() -> None:
    state = replace(boxed(BOX), running=frozenset())
    order = sorted(RECORDED.splitlines(), key=lambda line: "security-profiles" not in line)
    state, answers = tell(state, *order)
    assert answers == [""] * len(order)
    assert running(state) == RECORDED


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("/interface fish add name=x", "bad command name interface (line 1 column 2)", id="no menu"),
        pytest.param("/interface vlan frobnicate", "bad command name frobnicate (line 1 column 17)", id="no verb"),
        pytest.param(
            "/interface vlan add name=x colour=red", "expected end of command (line 1 column 28)", id="no parameter"
        ),
        pytest.param(
            "/interface vlan add interface=ether9 vlan-id=5",
            "input does not match any value of interface",
            id="no port",
        ),
        pytest.param(
            "/interface vlan add interface=ether1 vlan-id=5000", "value of vlan-id out of range (1..4094)", id="no VLAN"
        ),
        pytest.param("/interface wireless set wlan3 disabled=no", "no such item", id="a radio that it does not have"),
        pytest.param(
            "/interface wireless add master-interface=wlan3 ssid=x",
            "input does not match any value of master-interface",
            id="a virtual one on a radio that it does not have",
        ),
        pytest.param(
            "/interface wireless add ssid=x", "missing value(s) of argument(s) master-interface", id="a third radio"
        ),
        pytest.param(
            "/interface wireless remove wlan1", "failure: can not remove physical interface", id="taking a radio out"
        ),
        pytest.param(
            "/interface wireless set wlan1 frequency=fast", "invalid value for argument frequency", id="no frequency"
        ),
        pytest.param("/interface bridge add name=bridge", "failure: already have bridge with such name", id="twice"),
        pytest.param("/export terse everything", "expected end of command (line 1 column 15)", id="no flag"),
    ],
)
def test_a_refused_line_changes_nothing_and_says_so(line: str, says: str) -> None:
    state, answers = tell(boxed(BOX), line)
    assert answers == [says]
    assert state == boxed(BOX)


def test_finding_nothing_is_no_error() -> None:
    state, answers = tell(boxed(BOX), "/interface wireless set [ find name=wlan9 ] disabled=no")
    assert answers == [""]
    assert state.running == boxed(BOX).running


def test_an_export_tells_the_time_the_model_and_no_secret() -> None:
    state, _ = tell(boxed(BOX), '/radius add address=10.0.0.1 secret="is one" service=wireless')
    _, (shown, told, menu) = tell(
        state, "/export terse", "/export terse show-sensitive", "/radius export", now=1_732_012_302.0
    )
    assert shown.splitlines()[:5] == [
        "# 2024-11-19 10:31:42 by RouterOS 7.12.1",
        "# software id = 4E7A-DH52",
        "#",
        "# model = RBwAPG-5HacD2HnD",
        "# serial number = R8",
    ]
    assert "is one" not in shown and 'secret="is one"' in told
    assert menu.splitlines()[5:] == ["/radius add address=10.0.0.1 service=wireless"]


def test_what_has_its_default_is_not_printed() -> None:
    on, off = ("/interface wireless set wlan1 disabled=no", "/interface wireless set wlan1 disabled=yes")
    state, _ = tell(boxed(BOX), on)
    assert "find default-name=wlan1 ] disabled=no" in running(state)
    assert running(tell(state, off)[0]) == running(boxed(BOX))


def test_letters_that_are_no_ascii_are_printed_as_octets() -> None:
    state, _ = tell(boxed(BOX), '/interface wireless set wlan1 ssid="ΔΗΜΟΣ $5"')
    assert r'ssid="\CE\94\CE\97\CE\9C\CE\9F\CE\A3 \$5"' in running(state)
    assert {"ΔΗΜΟΣ $5"} == {i["ssid"] for i in CONSOLE.items(state.running, "/interface wireless") if "ssid" in i}


def sends(state: DeviceState) -> list[tuple[int, float, tuple[str, ...]]]:
    return [(radio.channel, radio.eirp_dbm, radio.ssids) for radio in facts_of(state).radios if radio.on_air]


def test_only_an_access_point_that_is_enabled_sends() -> None:
    state, answers = tell(boxed(BOX), *SENDING)
    assert answers == [""] * 3
    assert sends(state) == [(100, 23.0, ("FREE", "TOWN STAFF"))]
    for typed in ("frequency=5999", "disabled=yes", "tx-power=29"):
        assert sends(tell(state, f"/interface wireless set wlan2 {typed}")[0]) == []
    assert sends(tell(state, "/interface wireless set wlan2 mode=station")[0]) == [(100, 23.0, ("TOWN STAFF",))]
    assert sends(boxed(BOX)) == []


def test_menus_are_entered_and_left() -> None:
    state, answers = tell(boxed(BOX), "/interface/wireless", "set wlan1 ssid=x", "/", "set wlan1 ssid=y")
    assert answers[-1].startswith("bad command name")
    assert "ssid=x" in running(state)


BACKUP = "/system backup save name=b dont-encrypt=yes"
TIMER = r'/system scheduler add name=t interval=120s on-event="/system backup load name=b password=\"\""'
LOST = "/system identity set name=lost"


def test_a_scheduler_that_loads_a_backup_is_the_way_back_and_outlives_a_reboot() -> None:
    before = boxed(BOX)
    state, answers = tell(before, BACKUP, TIMER, LOST, now=1000.0)
    assert answers[0].endswith("Configuration backup saved") and answers[1:] == ["", ""]
    for waiting in (state, boot(state, 1050.0)):
        assert "name=lost" in running(tick(waiting, 1119.9))
        back = tick(waiting, 1120.0)
        assert (back.running, back.startup, back.boots) == (before.running, before.running, waiting.boots + 1)
    kept, _ = tell(state, "/system scheduler remove [ find name=t ]", "/file remove [ find name=b.backup ]", now=1100.0)
    assert kept.revert is None and kept.files == {}
    assert "name=lost" in running(boot(tick(kept, 2000.0), 2001.0)), "each change is saved at once"


def test_a_scheduler_that_undoes_runs_on_what_runs_then() -> None:
    undo = (
        '/system scheduler add name=t interval=1m on-event="/system identity set name=old; /system scheduler remove t"'
    )
    state, _ = tell(boxed(BOX), LOST, undo, "/snmp set location=here", now=1000.0)
    back = tick(state, 1060.0)
    assert "name=old" in running(back) and "location=here" in running(back) and "scheduler" not in running(back)


def test_a_backup_that_is_not_there_takes_nothing_back() -> None:
    state, _ = tell(boxed(BOX), TIMER, LOST, now=1000.0)
    assert "name=lost" in running(tick(state, 1200.0))


def test_all_of_it_is_kept() -> None:
    state, _ = tell(boxed(BOX), BACKUP, TIMER, *SENDING, now=1000.0)
    assert from_json(json.loads(json.dumps(as_json(state))), BOX) == state


def test_mikrotiks_table_has_a_row_for_each_network_by_its_interface() -> None:
    state, _ = tell(boxed(BOX), *SENDING)
    facts = facts_of(state)
    reading = Moment(state, facts, 200.0, curves_of(BOX, {}, 1, ROSTER))
    shown, table = layout(shape(state, facts)), "1.3.6.1.4.1.14988.1.1.1.3.1"

    def value(name: str) -> object:
        found = shown.get(name)
        return None if found is None else found.read(reading)

    assert [value(f"{table}.{column}.3") for column in (4, 7, 8)] == [b"FREE", 5500, b"5ghz-a/n/ac"]
    assert [value(f"{table}.{column}.10") for column in (4, 7)] == [b"TOWN STAFF", 5500]
    assert value(f"{table}.4.2") is None, "a radio that is no access point has no row"
    assert [value(f"1.3.6.1.2.1.31.1.1.1.1.{index}") for index in (1, 2, 3)] == [b"ether1", b"wlan1", b"wlan2"]
    assert value("1.3.6.1.2.1.1.2.0") == "1.3.6.1.4.1.14988.1"
