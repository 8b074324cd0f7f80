"""street-ap and edge-switch: what is typed, what is answered, what is then so (docs/lab-devices.md)."""

import re
from dataclasses import replace

import pytest

from lab.fleet.dialects.dialect import START, Session
from lab.fleet.dialects.sectioned import ENTER, MODIFIED, NOT_PENDING, PENDING, RELOAD, after, filtered
from lab.fleet.dialects.sections import FIXED, GONE, INVALID, natural
from lab.fleet.faults import Faults
from lab.fleet.registry import family
from lab.fleet.state import boot, fail, link, tick
from tests.lab.fleet.devices import STREET_AP, SWITCH, boxed, running, said, tell

INTENDED_AP = (
    *("hostname ap-0001", "vlan 110", "name free-wifi", "exit"),
    *("wlan free-wifi", "ssid THESSALONIKI-FREE", "security owe", "vlan 110", "client-isolation", "exit"),
    *("interface dot11radio 0", "channel 6", "eirp 20", "wlan free-wifi", "no shutdown", "exit"),
    *("interface gigabitethernet 0", "description sw-kentro-01 port 3", "management vlan 900", "exit"),
    *("snmp-server location 22.94440,40.64010", "ntp server 10.0.3.10", "logging host 10.0.3.11"),
)
SHOWN_AP = """!
hostname ap-0001
!
vlan 110
 name free-wifi
!
wlan free-wifi
 client-isolation
 security owe
 ssid THESSALONIKI-FREE
 vlan 110
!
interface dot11radio 0
 channel 6
 eirp 20
 wlan free-wifi
!
interface dot11radio 1
 channel 36
 eirp 10
 shutdown
!
interface gigabitethernet 0
 description sw-kentro-01 port 3
 management vlan 900
!
logging host 10.0.3.11
ntp server 10.0.3.10
snmp-server location 22.94440,40.64010
!
end"""
INTENDED_SWITCH = (
    *("hostname sw-kentro-01", "interface GigabitEthernet1/0/3", "description ap-0001", "switchport mode trunk"),
    *("switchport trunk native vlan 900", "switchport trunk allowed vlan 110,120", "no shutdown"),
    *("interface vlan 900", "ip address 10.20.0.11 255.255.0.0"),
)


def test_a_whole_access_point_is_configured_and_shown() -> None:
    state, answers = tell(boxed(STREET_AP), "configure terminal", *INTENDED_AP)
    assert answers == [ENTER, *[""] * len(INTENDED_AP)]
    assert running(state) == SHOWN_AP


def test_a_whole_switch_is_configured_and_shown() -> None:
    state, answers = tell(boxed(SWITCH), "conf t", *INTENDED_SWITCH, "end", "show interfaces status")
    assert set(answers[1:-1]) == {""}
    shown = running(state).splitlines()
    at = shown.index("interface gigabitethernet 1/0/3")
    assert shown[at + 1 : at + 6] == [
        " description ap-0001",
        " switchport mode trunk",
        " switchport trunk allowed vlan 110,120",
        " switchport trunk native vlan 900",
        "!",
    ]
    assert shown[shown.index("interface vlan 900") + 1] == " ip address 10.20.0.11 255.255.0.0"
    assert "Gi1/0/3   ap-0001            notconnect   trunk" in answers[-1]


@pytest.mark.parametrize(
    ("lines", "there", "gone"),
    [
        pytest.param(["hostname a", "hostname b"], "hostname b", "hostname a", id="one hostname at a time"),
        pytest.param(["ntp server 1.1.1.1", "ntp server 2.2.2.2"], "ntp server 1.1.1.1", "", id="many time servers"),
        pytest.param(
            ["ntp server 1.1.1.1", "ntp server 2.2.2.2", "no ntp server 1.1.1.1"],
            "ntp server 2.2.2.2",
            "ntp server 1.1.1.1",
            id="one of many is taken away",
        ),
        pytest.param(
            ["hostname a", "no hostname"], "hostname street-ap", "hostname a", id="no hostname is the old one"
        ),
        pytest.param(["vlan 5", "no vlan 5"], "end", "vlan 5", id="a section is taken away"),
        pytest.param(
            ["wlan w", "vlan 7", "ssid x"], " vlan 7", "\nvlan 7", id="a section's line comes before a section"
        ),
        pytest.param(["wlan w", "vlan 7", "no vlan 7"], "wlan w", " vlan 7", id="no takes the section's own line"),
        pytest.param(
            ["wlan w", "hostname inside"], "hostname inside", " hostname", id="a global line inside a section"
        ),
        pytest.param(
            ["interface dot11radio 0", "channel 11", "no channel"],
            " channel 1\n",
            " channel 11",
            id="a radio has a channel",
        ),
        pytest.param(
            ["interface Dot11Radio1", "no shutdown"],
            "eirp 10\n!\ninterface g",
            "\nDot",
            id="interface names in any case",
        ),
        pytest.param(
            ["wlan w", "no wlan w", "vlan 9"], "\nvlan 9", "wlan w", id="taking away the open section closes it"
        ),
        pytest.param(["no ntp server 9.9.9.9"], "end", "9.9.9.9", id="what is not there can be taken away"),
    ],
)
def test_a_line_has_its_effect(lines: list[str], there: str, gone: str) -> None:
    state, answers = tell(boxed(STREET_AP), "configure terminal", *lines)
    assert answers[1:] == [""] * len(lines)
    shown = running(state)
    assert there in shown
    assert not gone or gone not in shown


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(["bogus"], INVALID, id="no such line"),
        pytest.param(["vlan 4095"], INVALID, id="a VLAN beyond 802.1Q"),
        pytest.param(["hostname -"], INVALID, id="a hostname that is none"),
        pytest.param(["wlan w", "ssid " + "x" * 33], INVALID, id="an SSID of 33 octets"),
        pytest.param(["wlan w", "security wep"], INVALID, id="a security of yesterday"),
        pytest.param(["interface dot11radio 0", "channel 14"], INVALID, id="a channel that Europe has not"),
        pytest.param(["interface dot11radio 0", "channel 100"], INVALID, id="a channel of the other band"),
        pytest.param(["interface dot11radio 0", "eirp 20.5"], INVALID, id="more power than the band allows"),
        pytest.param(["interface dot11radio 2"], INVALID, id="a radio that it does not have"),
        pytest.param(["no interface dot11radio 0"], FIXED, id="a radio that cannot be taken out"),
        pytest.param(["ntp server time.example"], INVALID, id="a name where an address belongs"),
        pytest.param(["snmp-server location here"], INVALID, id="a place that is no position"),
        pytest.param(["channel 6"], INVALID, id="a radio's line outside a radio"),
        pytest.param(["no ntp server"], INVALID, id="which of many"),
        pytest.param(["configure terminal"], INVALID, id="a command while configuring"),
    ],
)
def test_a_rejected_line_changes_nothing_and_says_so(lines: list[str], says: str) -> None:
    before, _ = tell(boxed(STREET_AP), "configure terminal", *lines[:-1])
    state, answers = tell(boxed(STREET_AP), "configure terminal", *lines)
    assert said(answers[-1]) == says
    assert state == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("show privilege", "Current privilege level is 15", id="privileged from the start"),
        pytest.param("terminal length 0", "", id="no paging"),
        pytest.param("terminal width 511", "", id="wide"),
        pytest.param("wr mem", "Building configuration...\n[OK]", id="saving, shortened"),
        pytest.param(
            "copy running-config startup-config", "Building configuration...\n[OK]", id="saving, the long way"
        ),
        pytest.param("configure confirm", NOT_PENDING, id="nothing to confirm"),
        pytest.param("configure revert now", NOT_PENDING, id="nothing to revert"),
        pytest.param("show archive config rollback timer", NOT_PENDING, id="no timer"),
        pytest.param("configure terminal revert timer 0", INVALID, id="a timer of no time"),
        pytest.param("configure terminal revert timer x", INVALID, id="a timer that is no number"),
        pytest.param("hostname x", INVALID, id="configuration outside configuration mode"),
        pytest.param("show moon", INVALID, id="what it cannot show"),
        pytest.param("", "", id="an empty line"),
        pytest.param("! remark", "", id="a remark"),
    ],
)
def test_a_command_is_answered(line: str, says: str) -> None:
    assert [said(answer) for answer in tell(boxed(STREET_AP), line)[1]] == [says]


@pytest.mark.parametrize(
    ("line", "recorded"),
    [
        pytest.param(
            "show sun", "iosvl2-0#show sun\n              ^\n% Invalid input detected at '^' marker.\n", id="IOSv"
        ),
        pytest.param("bogus", "iosvl2-0#bogus\n         ^\n% Invalid input detected at '^' marker.\n", id="first word"),
    ],
)
def test_a_line_that_is_none_is_pointed_at_as_by_a_real_one(line: str, recorded: str) -> None:
    state, _ = tell(boxed(STREET_AP), "conf t", "hostname iosvl2-0")
    prompt = family("street-ap").dialect.prompt(state, START)
    assert f"{prompt}{line}\n{tell(state, line)[1][0]}" == recorded


def test_show_says_what_runs_and_what_starts() -> None:
    state, answers = tell(
        boxed(STREET_AP), "conf t", "hostname new", "do show running-config | include hostname", "end"
    )
    assert answers[2] == "hostname new"
    _, (started, ran, version) = tell(state, "show startup-config", "show run", "show version", now=90_000)
    assert "hostname street-ap" in started and started.startswith("Using ")
    assert "hostname new" in ran and ran.startswith("Building configuration...\n\nCurrent configuration : ")
    assert "new uptime is 1 days, 1 hours, 0 minutes" in version and "Processor board ID A1" in version


def test_an_unconfirmed_change_goes_back_by_itself() -> None:
    state, answers = tell(boxed(STREET_AP), "configure terminal revert timer 5", "hostname lost", "end", now=1000)
    assert answers == [ENTER, "", ""]
    assert "hostname lost" in running(tick(state, 1299.9))
    assert running(tick(state, 1300)) == running(boxed(STREET_AP))


@pytest.mark.parametrize(
    ("command", "hostname"),
    [
        pytest.param("configure confirm", "hostname kept", id="confirmed"),
        pytest.param("configure revert now", "hostname street-ap", id="taken back at once"),
    ],
)
def test_a_timed_change_ends(command: str, hostname: str) -> None:
    state, answers = tell(boxed(STREET_AP), "conf t revert timer 5", "hostname kept", "end", command, now=1000)
    assert answers[-1] == ""
    assert hostname in running(tick(state, 9999))
    assert tell(state, command)[1] == [NOT_PENDING]


def test_a_section_that_went_away_meanwhile_takes_no_more_lines() -> None:
    """Its timer ran out while somebody typed in what it had added."""
    dialect, session = family(STREET_AP.platform).dialect, Session(configuring=True, section="wlan free")
    before = boxed(STREET_AP)
    for line in ("vlan 110", "hostname elsewhere", "vlan 120"):
        answer = dialect.answer(before, session, line, 0.0)
        assert answer.failed and answer.text == GONE and answer.state == before
    left = dialect.answer(before, session, "exit", 0.0).session
    assert dialect.answer(before, left, "vlan 110", 0.0).took


def test_a_second_timer_is_refused_while_one_runs() -> None:
    _, answers = tell(
        boxed(STREET_AP), "conf t revert timer 5", "end", "conf t revert timer 9", "show archive config rollback timer"
    )
    assert answers[2:] == [PENDING, "Time configured: 5 minutes"]


def test_a_reboot_runs_what_was_saved() -> None:
    state, _ = tell(boxed(STREET_AP), "conf t", "hostname saved", "end", "write memory", "conf t", "hostname lost")
    assert "hostname saved" in running(boot(state, 200))


@pytest.mark.parametrize(
    ("answered", "reboots"),
    [
        pytest.param("", True, id="enter confirms"),
        pytest.param("y", True, id="y confirms"),
        pytest.param("n", False, id="n does not"),
    ],
)
def test_reload_asks_first(answered: str, reboots: bool) -> None:  # noqa: FBT001 - a column of the table
    dialect, state = family("street-ap").dialect, boxed(STREET_AP)
    asked = dialect.answer(state, START, "reload", 1)
    assert dialect.question(asked.session) == RELOAD
    assert dialect.answer(state, asked.session, answered, 1).reboots is reboots


def test_reload_asks_whether_to_save_what_is_not_saved() -> None:
    dialect = family("street-ap").dialect
    state, _ = tell(boxed(STREET_AP), "conf t", "hostname new", "end")
    asked = dialect.answer(state, START, "reload", 1)
    assert dialect.question(asked.session) == MODIFIED
    assert dialect.question(dialect.answer(state, asked.session, "", 1).session) == MODIFIED
    for typed, saved in (("yes", True), ("no", False)):
        answered = dialect.answer(state, asked.session, typed, 1)
        assert dialect.question(answered.session) == RELOAD
        assert (answered.state.startup == state.running) is saved
        assert dialect.answer(answered.state, answered.session, "", 1).reboots


RECORDED_STATUS = """Port      Name               Status       Vlan       Duplex  Speed Type
Gi1/0/1   reception          connected    10         a-full a-1000 10/100/1000BaseTX
Gi1/0/2                      notconnect   1            auto   auto 10/100/1000BaseTX
Gi1/0/3                      disabled     1            auto   auto 10/100/1000BaseTX
Gi1/0/4   to the next one    connected    trunk      a-full a-1000 10/100/1000BaseTX"""
"""The columns of `show interfaces status` as public recordings of a Catalyst have them, with names of ours."""


def test_the_status_of_ports_is_printed_as_a_real_switch_does() -> None:
    first, last = "interface gigabitethernet 1/0/1", "interface gigabitethernet 1/0/4"
    access = ("description reception", "switchport access vlan 10")
    trunk = ("description to the next one", "switchport mode trunk")
    shut = ("interface gigabitethernet 1/0/3", "shutdown")
    state, _ = tell(boxed(SWITCH), "conf t", first, *access, *shut, last, *trunk)
    _, (shown,) = tell(link(state, [1, 4]), "show interfaces status")
    assert shown == RECORDED_STATUS


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        pytest.param(
            ["switchport trunk native vlan 7", "switchport trunk native vlan 1"], "native", id="native VLAN 1"
        ),
        pytest.param(["shutdown", "no shutdown"], "shutdown", id="a port that is open"),
    ],
)
def test_what_a_real_switch_does_not_show_is_not_shown(lines: list[str], hidden: str) -> None:
    state, answers = tell(boxed(SWITCH), "conf t", "interface gigabitethernet 1/0/1", *lines)
    assert set(answers[1:]) == {""}
    assert hidden not in running(state)
    assert hidden in running(tell(boxed(SWITCH), "conf t", "interface gigabitethernet 1/0/1", lines[0])[0])


def test_the_first_vlan_stays() -> None:
    _, answers = tell(boxed(SWITCH), "conf t", "vlan 1", "no vlan 1", "no vlan 2")
    assert answers[2:] == ["%Default VLAN 1 may not be deleted.", ""]


RECORDED_RUNNING = """Building configuration...

Current configuration : 3144 bytes
!
! Last configuration change at 20:53:27 UTC Thu Aug 14 2025
!"""
"""How `show running-config` of an IOS 15.9 begins."""


def test_show_running_config_begins_as_a_real_one_does() -> None:
    state = replace(boxed(STREET_AP), booted_at=1_755_204_807.0)
    _, (shown,) = tell(state, "show running-config", now=1_755_300_000.0)
    begins = "\n".join(shown.splitlines()[:6])
    assert re.sub(r"\d+ bytes", "3144 bytes", begins) == RECORDED_RUNNING


def test_the_prompt_says_where_one_is() -> None:
    dialect = family("edge-switch").dialect
    state, _ = tell(boxed(SWITCH), "conf t", "hostname sw-of-a-very-long-street-01")
    places = [START, Session(configuring=True), Session(configuring=True, section="interface gigabitethernet 1/0/1")]
    assert [dialect.prompt(state, place) for place in places] == [
        "sw-of-a-very-long-street-01#",
        "sw-of-a-very-long-st(config)#",
        "sw-of-a-very-long-st(config-if)#",
    ]


def test_a_fault_rejects_lines_with_a_word() -> None:
    state = fail(boxed(STREET_AP), Faults(rejects=("eirp",)), 0)
    _, answers = tell(state, "conf t", "interface dot11radio 0", "eirp 5", "channel 6")
    assert [said(answer) for answer in answers] == [ENTER, "", INVALID, ""]


def test_neighbours_are_those_with_power() -> None:
    state = boxed(SWITCH)
    assert "Total entries displayed: 0" in tell(state, "show lldp neighbors")[1][0]


@pytest.mark.parametrize(
    ("typed", "words", "rest"),
    [
        pytest.param("sh run", "show running-config", "", id="shortened"),
        pytest.param("show running-config x", "show running-config", "x", id="with more"),
        pytest.param("s run", "show running-config", None, id="too short"),
        pytest.param("show", "show version", None, id="too few words"),
        pytest.param("showy version", "show version", None, id="another word"),
    ],
)
def test_commands_may_be_shortened(typed: str, words: str, rest: str | None) -> None:
    assert after(typed, words) == rest


@pytest.mark.parametrize(
    ("pipe", "left"),
    [
        pytest.param("", "a\nb\nab", id="no pipe"),
        pytest.param("include a", "a\nab", id="include"),
        pytest.param("exc a", "b", id="exclude, shortened"),
        pytest.param("begin b", "b\nab", id="begin"),
        pytest.param("begin z", "", id="nothing begins so"),
    ],
)
def test_pipes_filter(pipe: str, left: str) -> None:
    assert filtered("a\nb\nab", pipe) == left


def test_ports_sort_by_number() -> None:
    assert sorted(["p 10", "p 9", "p 9/2"], key=natural) == ["p 9", "p 9/2", "p 10"]
