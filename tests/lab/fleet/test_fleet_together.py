"""Devices together: power, cables, what is kept and who hears of it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from lab.fleet.faults import Faults
from lab.fleet.fleet import Fleet
from lab.fleet.keeping import Keeping
from lab.fleet.state import BOOT_S, DeviceState, Meter, meter
from tests.lab.fleet.devices import ALL, MESH_AP, STREET_AP, boxed, running, tell


class City:
    """The three devices of this folder, with a clock that moves when told and a list of what was written."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.written: list[str] = []
        self.changed: list[str] = []
        self.fleet = Fleet(ALL, {}, self._write, lambda: self.at)
        self.fleet.flush()
        self.written.clear()
        self.fleet.watch(self.changed.append)

    def _write(self, states: Iterable[DeviceState]) -> None:
        self.written += [state.hardware.id for state in states]

    def type(self, device_id: str, *lines: str) -> list[str]:
        state, answers = tell(self.fleet.state(device_id), *lines, now=self.at)
        self.fleet.put(state)
        return answers


@pytest.fixture
def town() -> City:
    return City()


def test_everything_is_reachable_at_first(town: City) -> None:
    assert [town.fleet.reachable(device) for device in town.fleet] == [True] * 3


def test_a_switch_that_is_off_takes_along_what_hangs_on_it(town: City) -> None:
    town.fleet.fail("sw-1", Faults(off=True))
    assert [town.fleet.reachable(device) for device in ("sw-1", "ap-1", "ap-2")] == [False, False, True]
    assert set(town.changed) == {"sw-1", "ap-1"}
    town.fleet.fail("sw-1", Faults())
    assert not town.fleet.settled("ap-1")
    town.at += BOOT_S
    assert town.fleet.reachable("ap-1") and town.fleet.settled("ap-1")


def test_a_shut_port_cuts_off_and_opens_again(town: City) -> None:
    town.type("sw-1", "conf t", "interface gigabitethernet 1/0/3", "shutdown")
    assert not town.fleet.reachable("ap-1")
    town.type("sw-1", "conf t", "interface gigabitethernet 1/0/3", "no shutdown")
    assert town.fleet.reachable("ap-1")


def test_a_switch_sees_who_has_power(town: City) -> None:
    assert "ap-1 " in town.type("sw-1", "show lldp neighbors")[0]
    assert "connected " in town.type("sw-1", "show interfaces status | include Gi1/0/3")[0]
    town.fleet.fail("ap-1", Faults(off=True))
    assert "ap-1 " not in town.type("sw-1", "show lldp neighbors")[0]
    assert "notconnect" in town.type("sw-1", "show interfaces status | include Gi1/0/3")[0]


def test_power_that_comes_back_boots(town: City) -> None:
    town.type("ap-1", "conf t", "hostname unsaved")
    town.fleet.fail("ap-1", Faults(off=True))
    assert not town.fleet.state("ap-1").answers(town.at)
    town.fleet.fail("ap-1", Faults())
    state = town.fleet.state("ap-1")
    assert (state.boots, state.booted_at) == (2, town.at + BOOT_S)
    assert "unsaved" not in running(state)


def test_other_faults_boot_nothing(town: City) -> None:
    town.fleet.fail("ap-1", Faults(latency_s=1))
    town.fleet.fail("ap-1", Faults())
    assert town.fleet.state("ap-1").boots == 1


def test_what_is_saved_is_kept_at_once_and_the_rest_at_the_next_chance(town: City) -> None:
    town.type("ap-1", "conf t", "hostname x")
    assert town.written == []
    town.type("ap-1", "write memory")
    assert town.written == ["ap-1"]
    town.type("ap-2", "uci set system.host.hostname='y'")
    town.fleet.flush()
    assert town.written == ["ap-1", "ap-2"]
    town.fleet.flush()
    assert town.written == ["ap-1", "ap-2"], "nothing changed since"


def test_a_timer_that_runs_out_is_seen_without_anybody_asking(town: City) -> None:
    town.type("sw-1", "conf t revert timer 1", "interface gigabitethernet 1/0/3", "shutdown")
    assert not town.fleet.reachable("ap-1")
    town.at += 60
    town.changed.clear()
    town.fleet.tick()
    assert "ap-1" in town.changed
    assert town.fleet.reachable("ap-1")


def test_traffic_is_counted_while_the_radio_sends(town: City) -> None:
    sends = ("conf t", "wlan w", "ssid S", "interface dot11radio 1", "wlan w", "no shutdown")
    town.type("ap-1", *sends)
    town.at += 100
    town.type("ap-1", "conf t", "interface dot11radio 1", "shutdown")
    town.at += 100
    town.type("ap-1", "conf t", "interface dot11radio 1", "no shutdown")
    town.at += 100
    silent, sent = town.fleet.state("ap-1").meters
    assert silent.until(town.at) == ()
    assert sent.until(town.at) == ((1000, 1100), (1200, 1300))
    town.type("ap-1", "end", "write memory")
    town.fleet.boot("ap-1")
    assert town.fleet.state("ap-1").meters[1] == Meter((), town.at + BOOT_S), "a reboot begins to count anew"


def test_a_port_counts_while_its_neighbour_has_power(town: City) -> None:
    town.at += 50
    town.fleet.fail("ap-1", Faults(off=True))
    town.at += 50
    assert [m.until(town.at) for m in town.fleet.state("sw-1").meters] == [(), (), ((1000, 1050),), ()]


def test_meters_switch_once() -> None:
    on = meter(boxed(STREET_AP), {0}, 5)
    assert meter(on, {0}, 9) is on
    off = meter(on, set(), 9)
    assert off.meters[0].until(99) == ((5, 9),)
    assert meter(meter(off, {0}, 9), set(), 9).meters[0].until(99) == ((5, 9),), "no time, no span"


@pytest.mark.parametrize("device", ["ap-1", "ap-2", "sw-1"])
def test_a_device_is_kept_and_found_again(town: City, device: str, tmp_path: Path) -> None:
    town.fleet.fail(device, Faults(loss=0.5, rejects=("x",)))
    state = town.fleet.state(device)
    with Keeping(tmp_path / "kept") as keeping:
        keeping.write([state])
    with Keeping(tmp_path / "kept") as keeping:
        assert keeping.read(ALL) == {device: state}
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600


def test_hardware_that_changed_is_new_hardware(tmp_path: Path) -> None:
    other = type(STREET_AP)(
        **{field: getattr(STREET_AP, field) for field in STREET_AP.__slots__} | {"bands": MESH_AP.bands[:1]}
    )
    with Keeping(tmp_path / "kept") as keeping:
        keeping.write([boxed(STREET_AP)])
        assert keeping.read([other]) == {}
        assert keeping.read([STREET_AP]) == {"ap-1": boxed(STREET_AP)}


def test_a_stop_is_told_from_a_kill_once(tmp_path: Path) -> None:
    with Keeping(tmp_path / "kept") as keeping:
        assert not keeping.was_stopped()
        keeping.mark_stopped(1.0)
    with Keeping(tmp_path / "kept") as keeping:
        assert [keeping.was_stopped(), keeping.was_stopped()] == [True, False]


@pytest.mark.parametrize(
    "nonsense",
    [pytest.param({"loss": 1.5}, id="more than all"), pytest.param({"latency_s": -1.0}, id="before the question")],
)
def test_faults_that_make_no_sense_are_refused(nonsense: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"share|before"):
        Faults(**nonsense)  # type: ignore[arg-type]
