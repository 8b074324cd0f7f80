"""openwrt: a released OpenWrt, its timed apply, and net-snmp."""

import json
from collections.abc import Callable

import pytest

from lab.fleet.box import Hardware
from lab.fleet.fleet import facts_of
from lab.fleet.keeping import as_json, from_json
from lab.fleet.registry import families
from lab.fleet.state import DeviceState, boot, tick
from tests.lab.fleet.devices import boxed, running, tell

BOX = Hardware(id="ap-9", platform="openwrt", index=9, serial="O9", mac=b"\2abcdj", bands=families()["openwrt"].bands)
RECORDED = """system.@system[0]=system
system.@system[0].hostname='OpenWrt'
system.@system[0].log_size='64'
system.@system[0].timezone='UTC'
system.@system[0].ttylogin='0'
system.@system[0].urandom_seed='0'
system.ntp=timeserver
system.ntp.enable_server='0'
system.ntp.enabled='1'
system.ntp.server='0.openwrt.pool.ntp.org' '1.openwrt.pool.ntp.org' '2.openwrt.pool.ntp.org' '3.openwrt.pool.ntp.org'"""
"""`uci show system` of OpenWrt 23.05 after its first start, sorted: order carries no meaning in uci."""
CHANGED = (
    "uci set wireless.radio1.channel='100'",
    "uci set wireless.radio1.txpower='20'",
    "uci set wireless.radio1.disabled='0'",
    "uci set wireless.default_radio1.ssid='FREE'",
)


def opened(state: DeviceState, now: float = 100.0) -> tuple[DeviceState, str]:
    """A session of rpcd that may write."""
    state, (said,) = tell(state, "ubus call session create '{}'", now=now)
    session = json.loads(said)["ubus_rpc_session"]
    state, _ = tell(state, call("session grant", session, scope="uci", objects=[["*", "write"]]))
    return state, session


def call(method: str, session: str, **arguments: object) -> str:
    return f"ubus call {method} '{json.dumps({'ubus_rpc_session': session, **arguments})}'"


def sends(state: DeviceState) -> list[tuple[int, float, tuple[str, ...]]]:
    return [(radio.channel, radio.eirp_dbm, radio.ssids) for radio in facts_of(state).radios if radio.on_air]


def test_out_of_the_box_it_shows_what_a_real_one_does_and_sends_nothing() -> None:
    state, (shown,) = tell(boxed(BOX), "uci show system")
    assert shown == RECORDED
    assert sends(state) == []
    assert "disabled='1'" in running(state)


def test_power_of_the_radio_and_gain_of_its_antenna_are_what_it_sends_with() -> None:
    state, _ = tell(boxed(BOX), *CHANGED, "uci commit")
    assert sends(state) == [(100, 24.0, ("FREE",))]


def test_a_timed_apply_commits_at_once_and_both_copies_go_back() -> None:
    before = boxed(BOX)
    state, session = opened(before)
    state, answers = tell(
        state,
        *(f"uci -t /var/run/rpcd/uci-{session} {line[4:]}" for line in CHANGED),
        call("uci apply", session, rollback=True, timeout=30),
        now=200.0,
    )
    assert answers == [""] * 5
    assert sends(state) == sends(boot(state, 210.0)) == [(100, 24.0, ("FREE",))], "a reboot forgets the way back"
    late = tick(state, 230.0)
    assert (late.running, late.startup) == (before.running, before.startup)


@pytest.mark.parametrize(
    ("call_of", "says"),
    [
        pytest.param(lambda _: "ubus call uci apply '{\"rollback\":true}'", "Invalid argument", id="of nobody"),
        pytest.param(lambda s: call("uci apply", s, rollback=True), "No data", id="of a session without changes"),
        pytest.param(lambda _: call("uci apply", "f" * 32, rollback=True), "No response", id="of an unknown session"),
    ],
)
def test_an_apply_takes_the_changes_of_its_own_session_alone(call_of: Callable[[str], str], says: str) -> None:
    state, session = opened(boxed(BOX))
    state, _ = tell(state, *CHANGED)
    after, answers = tell(state, call_of(session))
    assert answers == [f"Command failed: {says}"]
    assert after.running == state.running


def test_two_sessions_see_their_own_changes_only() -> None:
    state, mine = opened(boxed(BOX))
    state, others = opened(state, now=101.0)
    setting = {"config": "wireless", "section": "radio0", "values": {"channel": "11"}}
    state, answers = tell(
        state,
        call("uci set", mine, **setting),
        f"uci -t /var/run/rpcd/uci-{mine} changes",
        f"uci -t /var/run/rpcd/uci-{others} changes",
        "uci changes",
    )
    assert answers == ["", "wireless.radio0.channel='11'", "", ""]


def test_a_rollback_hands_the_changes_back_to_their_session() -> None:
    state, session = opened(boxed(BOX))
    state, answers = tell(
        state,
        f"uci -t /var/run/rpcd/uci-{session} set wireless.radio0.channel='11'",
        call("uci apply", session, rollback=True, timeout=30),
        call("uci rollback", session),
        f"uci -t /var/run/rpcd/uci-{session} changes",
    )
    assert answers[-1] == "wireless.radio0.channel='11'"
    assert state.running == boxed(BOX).running


def test_a_list_is_one_option_of_several_values() -> None:
    _, answers = tell(
        boxed(BOX),
        "uci delete system.ntp.server",
        "uci add_list system.ntp.server='10.0.3.10'",
        "uci add_list system.ntp.server='10.0.3.12'",
        "uci show system.ntp.server",
        "uci get system.ntp.server",
    )
    assert answers[-2:] == ["system.ntp.server='10.0.3.10' '10.0.3.12'", "10.0.3.10 10.0.3.12"]


def test_what_is_kept_of_sessions_comes_back() -> None:
    state, session = opened(boxed(BOX))
    state, _ = tell(
        state,
        f"uci -t /var/run/rpcd/uci-{session} set wireless.radio0.channel='11'",
        call("uci apply", session, rollback=True, timeout=30),
        f"uci -t /var/run/rpcd/uci-{session} set wireless.radio0.channel='6'",
    )
    kept = json.loads(json.dumps(as_json(state)))
    assert from_json(kept, BOX) == state
