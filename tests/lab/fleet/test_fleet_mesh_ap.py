"""mesh-ap: what is typed, what is answered, what is then so (docs/lab-devices.md)."""

import pytest

from lab.fleet.dialects.dialect import START
from lab.fleet.dialects.options import INVALID, MISSING
from lab.fleet.dialects.uci import USAGE
from lab.fleet.faults import Faults
from lab.fleet.fleet import facts_of
from lab.fleet.registry import family
from lab.fleet.state import boot, fail, tick
from tests.lab.fleet.devices import MESH_AP, boxed, running, tell

SESSION = """'{"ubus_rpc_session":"'$(cat /tmp/id)'"%s}'"""
OPEN = "ubus call session create '{}' | jsonfilter -e '@.ubus_rpc_session' > /tmp/id"
GRANT = "ubus call session grant " + SESSION % ',"scope":"uci","objects":[["*","write"]]'
HAND_OVER = "mkdir -p /var/run/rpcd/uci-$(cat /tmp/id) && mv /tmp/.uci/* /var/run/rpcd/uci-$(cat /tmp/id)/"
TIMED = "ubus call uci apply " + SESSION % ',"rollback":true,"timeout":90'
APPLY = (OPEN, GRANT, HAND_OVER, TIMED)
CONFIRM, ROLLBACK = "ubus call uci confirm " + SESSION % "", "ubus call uci rollback " + SESSION % ""
"""As rpcd has it (uci.c): it applies the changes of one session that may write, and listens to that one alone."""
SHOWN = """network.management=interface
network.management.vlan='900'
network.uplink=port
network.uplink.description='sw-kentro-01 port 3'
system.host=system
system.host.hostname='ap-0301'
system.host.location='22.94440,40.64010'
system.ntp=timeserver
system.ntp.server='10.0.3.10 10.0.3.12'
wireless.free_wifi_radio0=wifi-iface
wireless.free_wifi_radio0.device='radio0'
wireless.free_wifi_radio0.encryption='owe'
wireless.free_wifi_radio0.isolate='1'
wireless.free_wifi_radio0.ssid='O'\\''Neill FREE'
wireless.free_wifi_radio0.vlan='110'
wireless.radio0=wifi-device
wireless.radio0.channel='6'
wireless.radio0.disabled='0'
wireless.radio0.eirp='20'
wireless.radio1=wifi-device
wireless.radio1.channel='36'
wireless.radio1.disabled='1'
wireless.radio1.eirp='10'"""
FACTORY = running(boxed(MESH_AP))


def test_a_whole_access_point_is_staged_applied_and_shown() -> None:
    lines = [f"uci set {line}" for line in SHOWN.splitlines()]
    state, answers = tell(boxed(MESH_AP), *lines, "uci show")
    assert answers == [*[""] * len(lines), SHOWN]
    assert running(state) == FACTORY, "staging changes nothing"
    applied, answers = tell(state, *APPLY, "uci changes")
    assert answers == [""] * 5
    assert running(applied) == SHOWN


def test_changes_are_what_is_staged() -> None:
    _, answers = tell(
        boxed(MESH_AP),
        "uci changes",
        "uci set wireless.radio0.channel='11'",
        "uci set wireless.x=wifi-iface",
        "uci set system.host.location='1,2'",
        "uci delete system.host.hostname",
        "uci changes",
        "uci revert system",
        "uci changes",
        "uci revert wireless",
        "uci changes",
    )
    assert answers[0] == ""
    assert (
        answers[5]
        == "-system.host.hostname\nsystem.host.location='1,2'\nwireless.radio0.channel='11'\nwireless.x='wifi-iface'"
    )
    assert answers[-1] == ""


def test_what_is_deleted_shows_among_the_changes() -> None:
    state, _ = tell(boxed(MESH_AP), "uci set system.log=log", "uci set system.log.host='10.0.0.1'", "uci commit")
    assert tell(state, "uci delete system.log.host", "uci changes")[1][-1] == "-system.log.host"
    assert tell(state, "uci delete system.log", "uci changes")[1][-1] == "-system.log\n-system.log.host"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("uci set wireless.none.ssid='x'", INVALID, id="an option of no section"),
        pytest.param("uci set wireless.radio0", INVALID, id="no value"),
        pytest.param("uci set wireless.free-wifi=wifi-iface", INVALID, id="a name with a hyphen"),
        pytest.param("uci set firewall.x=rule", MISSING, id="a package that it does not have"),
        pytest.param("uci set", USAGE, id="no argument"),
        pytest.param("uci frobnicate", USAGE, id="a verb that is none"),
        pytest.param("uci -t /root set system.host.hostname='x'", INVALID, id="changes in a folder of its own"),
        pytest.param("uci delete wireless.none", MISSING, id="a section that is not there"),
        pytest.param("uci delete system.host.location", MISSING, id="an option that is not there"),
        pytest.param("uci get system.host.location", MISSING, id="asking for what is not there"),
        pytest.param("uci show wireless.none", MISSING, id="showing what is not there"),
        pytest.param("ubus call uci confirm", "Command failed: Invalid argument", id="a confirm in nobody's name"),
        pytest.param("ubus call uci rollback", "Command failed: No data", id="nothing to roll back"),
        pytest.param("ubus call uci apply '{}'", "Command failed: Invalid argument", id="an apply without a timer"),
        pytest.param("ubus call uci apply", "Command failed: Invalid argument", id="an apply without an argument"),
        pytest.param("ubus call uci apply '[1]'", "Command failed: Invalid argument", id="an apply of a list"),
        pytest.param("ls", "ash: ls: not found", id="a command that it does not have"),
        pytest.param("uci set 'x", "ash: syntax error: unterminated quoted string", id="an open quote"),
    ],
)
def test_a_refused_line_changes_nothing_and_says_so(line: str, says: str) -> None:
    state = boxed(MESH_AP)
    answer = family("mesh-ap").dialect.answer(state, START, line, 1)
    assert (answer.text, answer.failed, answer.took) == (says, True, False)
    assert answer.state == state


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("uci get wireless.radio0", "wifi-device", id="the type of a section"),
        pytest.param("uci get wireless.radio0.channel", "1", id="an option"),
        pytest.param("uci show system", "system.host=system\nsystem.host.hostname='mesh-ap'", id="one package"),
        pytest.param("", "", id="an empty line"),
    ],
)
def test_a_question_is_answered(line: str, says: str) -> None:
    assert tell(boxed(MESH_AP), line)[1] == [says]


def test_an_unconfirmed_apply_goes_back_by_itself() -> None:
    state, _ = tell(boxed(MESH_AP), "uci set system.host.hostname='lost'", *APPLY, now=1000)
    assert "hostname='lost'" in running(tick(state, 1089.9))
    assert running(tick(state, 1090)) == running(boot(tick(state, 1090), 1091)) == FACTORY


def test_what_was_applied_is_what_it_starts_with_confirmed_or_not() -> None:
    """It stands in /etc/config from the apply on, and the timer is forgotten with the power."""
    state, _ = tell(boxed(MESH_AP), "uci set system.host.hostname='kept'", *APPLY)
    assert "hostname='kept'" in running(boot(state, 2000))
    confirmed, answers = tell(state, CONFIRM)
    assert answers == [""] and confirmed.revert is None
    assert "hostname='kept'" in running(tick(confirmed, 5000))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(
            (OPEN, GRANT, HAND_OVER, TIMED, CONFIRM.replace("$(cat /tmp/id)", "f" * 32)), "denied", id="another"
        ),
        pytest.param((*APPLY, "ubus call uci confirm"), "Invalid argument", id="no session"),
        pytest.param((OPEN, HAND_OVER, TIMED), "Permission denied", id="a session that may not write"),
        pytest.param((OPEN, GRANT, TIMED), "No data", id="changes that were handed to no session"),
        pytest.param(
            ("""ubus call uci apply '{"rollback":true,"timeout":90}'""",), "Invalid argument", id="apply in no name"
        ),
        pytest.param((GRANT,), "Not found", id="rights for a session that is not there"),
        pytest.param(("uci revert",), "Usage", id="a revert of nothing named"),
        pytest.param(("cat /etc/startup",), "can't open", id="a second copy of what it starts with"),
    ],
)
def test_rpcd_listens_to_the_session_that_applied_and_to_nobody_else(lines: tuple[str, ...], says: str) -> None:
    _, answers = tell(boxed(MESH_AP), "uci set system.host.hostname='x'", *lines)
    assert says in answers[-1]


def test_a_rollback_needs_no_waiting() -> None:
    state, answers = tell(boxed(MESH_AP), "uci set system.host.hostname='x'", *APPLY, ROLLBACK)
    assert answers[-1] == ""
    assert running(state) == FACTORY and state.revert is None


def test_a_second_apply_is_refused_while_one_waits() -> None:
    changed = "uci set system.host.hostname='x'"
    _, answers = tell(boxed(MESH_AP), changed, *APPLY, changed.replace("x", "y"), *APPLY)
    assert [said for said in answers if said] == ["Command failed: Permission denied"]


def test_a_commit_has_no_way_back() -> None:
    state, _ = tell(boxed(MESH_AP), "uci set system.host.hostname='x'", *APPLY, "uci commit")
    assert state.revert is None
    assert "hostname='x'" in running(boot(state, 1))


def test_a_fault_rejects_lines_with_a_word() -> None:
    state = fail(boxed(MESH_AP), Faults(rejects=("channel",)), 0)
    assert tell(state, "uci set wireless.radio0.channel='6'", "uci set wireless.radio0.eirp='6'")[1] == [INVALID, ""]


def test_the_release_names_the_device_and_reboot_reboots_it() -> None:
    dialect, state = family("mesh-ap").dialect, boxed(MESH_AP)
    assert "DISTRIB_SERIAL='A2'" in tell(state, "cat /etc/openwrt_release")[1][0]
    assert dialect.answer(state, START, "reboot", 1).reboots
    assert dialect.answer(state, START, "exit", 1).leaves
    assert dialect.prompt(state, START) == "root@mesh-ap:~# "


SENDING = ("uci set wireless.w=wifi-iface", "uci set wireless.w.ssid='FREE'", "uci set wireless.w.device='radio1'")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("uci set wireless.radio1.channel='14'", id="a channel that Europe has not"),
        pytest.param("uci set wireless.radio1.channel='6'", id="a channel of the other band"),
        pytest.param("uci set wireless.radio1.eirp='31'", id="more power than the band allows"),
        pytest.param("uci set wireless.radio1.txpower='loud'", id="a power that is no number"),
        pytest.param("uci delete wireless.radio1", id="a radio that no section names any more"),
        pytest.param("uci set wireless.radio1.disabled='1'", id="a radio that is disabled"),
        pytest.param("uci set wireless.w.device='radio2'", id="a radio that the box does not have"),
        pytest.param("uci set wireless.w.mode='sta'", id="a network that is another's"),
        pytest.param(f"uci set wireless.w.ssid='{'x' * 33}'", id="an SSID that is too long"),
    ],
)
def test_uci_takes_any_value_and_only_good_ones_go_on_air(typed: str) -> None:
    state, _ = tell(boxed(MESH_AP), *SENDING, "uci set wireless.radio1.disabled='0'", "uci commit")
    assert [radio.on_air for radio in facts_of(state).radios] == [False, True]
    state, answers = tell(state, typed, "uci commit")
    assert answers == ["", ""]
    assert [radio.on_air for radio in facts_of(state).radios] == [False, False]
