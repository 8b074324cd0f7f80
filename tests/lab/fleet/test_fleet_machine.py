"""Any sequence of lines, waits and reboots: what must hold of a device whatever somebody does to it."""

from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lab.fleet.box import Hardware
from lab.fleet.config import Config
from lab.fleet.dialects.dialect import START
from lab.fleet.keeping import as_json, from_json
from lab.fleet.registry import family
from lab.fleet.state import BOOT_S, DeviceState, boot, tick
from tests.lab.fleet.devices import MESH_AP, STREET_AP, SWITCH, boxed
from tests.lab.fleet.test_fleet_mesh_ap import APPLY, CONFIRM, GRANT, HAND_OVER, OPEN, ROLLBACK, TIMED

_NAMES = ("free", "staff")
SECTIONED = (
    *("configure terminal", "configure terminal revert timer 2", "configure confirm", "configure revert now"),
    *("end", "exit", "write memory", "hostname a", "hostname b", "no hostname", "ntp server 1.1.1.1"),
    *("no ntp server 1.1.1.1", "ntp server 2.2.2.2", "snmp-server location 1,2", "no snmp-server location", "bogus"),
    *("vlan 110", "name x", "no vlan 110", "no name"),
)
WIRELESS = (
    *(f"{no}wlan {name}" for name in _NAMES for no in ("", "no ")),
    *("ssid A FREE", "security owe", "client-isolation", "no client-isolation", "interface dot11radio 0", "channel 6"),
    *("channel 100", "no channel", "eirp 17", "shutdown", "no shutdown", "interface gigabitethernet 0"),
    *("management vlan 900", "no interface dot11radio 0"),
)
WIRED = (
    *("interface gigabitethernet 1/0/2", "interface Gigabitethernet1/0/3", "description d e", "no description"),
    *("switchport mode trunk", "switchport trunk allowed vlan 1,2-4", "no switchport mode", "shutdown", "no shutdown"),
    *("interface vlan 900", "ip address 10.0.0.1 255.0.0.0", "no interface vlan 900"),
)
OPTIONS = (
    *("uci set system.host.hostname='a'", "uci delete system.host.hostname", "uci set wireless.radio0.channel='6'"),
    *("uci set wireless.radio0.channel='60'", "uci set wireless.w=wifi-iface", "uci set wireless.w.ssid='it'\\''s'"),
    *("uci set wireless.w.device='radio1'", "uci delete wireless.w", "uci delete wireless.w.ssid", "uci revert system"),
    *("uci commit", "uci revert wireless", OPEN, GRANT, HAND_OVER, TIMED, *APPLY, CONFIRM, ROLLBACK),
    *("uci changes", "uci set system.log=log", "uci set system.log.host='1.1.1.1'"),
)
SAVING = ("write memory", "uci commit", TIMED, ROLLBACK)
"""The last two: rpcd writes the files at once, and puts them back."""


class Typing(RuleBasedStateMachine):
    """Somebody types lines that make sense, and some that do not, while the clock runs."""

    hardware: ClassVar[Hardware]
    lines: ClassVar[tuple[str, ...]]
    armed: Config | None = None
    checked: DeviceState | None = None

    def __init__(self) -> None:
        super().__init__()
        self.dialect = family(self.hardware.platform).dialect
        self.state, self.session, self.now = boxed(self.hardware), START, 10.0

    @rule(data=st.data())
    def type_a_line(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(self.lines))
        before = self.state
        answer = self.dialect.answer(before, self.session, line, self.now)
        self.state, self.session = answer.state, answer.session
        if line not in SAVING:
            assert self.state.startup == before.startup, "startup changes only when somebody saves"
        if answer.failed:
            assert self.state == before, "a rejected line changes nothing"
        if self.state.revert is None:
            self.armed = None
        elif before.revert is None:
            self.armed = before.running

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        due = self.state.revert is not None and self.now >= self.state.revert.at
        self.state = tick(self.state, self.now)
        if due:
            assert self.state.running == self.armed, "what nobody confirmed is exactly as it was"
            self.armed = None

    @rule()
    def log_in_anew(self) -> None:
        self.session = START

    @precondition(lambda self: self.now > 60)
    @rule()
    def reboot(self) -> None:
        saved, boots = self.state.startup, self.state.boots
        self.state, self.session, self.armed = boot(self.state, self.now), START, None
        assert (self.state.running, self.state.boots, self.state.revert) == (saved, boots + 1, None)
        assert not self.state.answers(self.now)
        self.now += BOOT_S
        assert self.state.answers(self.now)

    @invariant()
    def it_can_be_read_back(self) -> None:
        """As it is shown, and as it is kept; and it can say what it does."""
        if self.state is self.checked:
            return
        self.checked = self.state
        for config in (self.state.running, self.state.startup, self.state.candidate):
            assert self.dialect.parse(self.dialect.print(config, self.hardware), self.hardware) == config
        assert from_json(as_json(self.state), self.hardware) == self.state
        facts = self.dialect.facts(self.state.running, self.hardware)
        assert facts.hostname and all(radio.channel for radio in facts.radios)


def typing(hardware: Hardware, lines: tuple[str, ...]) -> type[Typing]:
    return type(f"Typing on {hardware.platform}", (Typing,), {"hardware": hardware, "lines": lines})


@pytest.mark.slow
@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(typing(STREET_AP, SECTIONED + WIRELESS), id="street-ap"),
        pytest.param(typing(SWITCH, SECTIONED + WIRED), id="edge-switch"),
        pytest.param(typing(MESH_AP, OPTIONS), id="mesh-ap"),
    ],
)
def test_whatever_somebody_types(machine: type[Typing]) -> None:
    case = machine.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=30)
    case("runTest").runTest()
