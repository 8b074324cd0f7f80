"""The lab as one thing, with the real city in it."""

import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from city.errors import InvalidInput, Refused
from lab.faults import Fault, FaultKind
from lab.fleet import process as fleet
from lab.lab import Lab
from lab.params import Api
from tests.nameless import nameless

ROOT = Path(__file__).parents[2]
CITY = ROOT / "cities" / "thessaloniki"
UP = (
    "import pickle, sys; from pathlib import Path; from city.load import load; from lab.lab import Lab;"
    "Lab(pickle.load(sys.stdin.buffer), load(Path(sys.argv[1]))).up(print)"
)
pytestmark = pytest.mark.lab


def pids(lab: Lab) -> dict[str, int | None]:
    return {part.name: part.pid for part in lab.status()}


def test_every_part_is_up_and_says_where(lab: Lab) -> None:
    parts = {part.name: part for part in lab.status()}
    assert {part.state for part in parts.values()} == {"up"}
    assert {f"{region} {api.name.lower()}" for region in ("RegionOne", "RegionTwo") for api in Api} < parts.keys()
    assert parts["RegionTwo nova"].address == lab.params.url(1, Api.NOVA)
    assert all(part.memory_mb > 0 for part in parts.values())


def test_starting_what_runs_changes_nothing(lab: Lab) -> None:
    before = pids(lab)
    lab.up(print)
    assert pids(lab) == before


def test_the_inventory_has_every_device_in_the_citys_order(lab: Lab) -> None:
    inventory = lab.inventory()
    assert list(inventory) == [device.id for device in lab.city.devices]
    assert len({endpoint.address for endpoint in inventory.values()}) == len(inventory)
    last = list(inventory.values())[-1]
    with socket.create_connection((str(last.address), last.ssh_port), timeout=20) as connection:
        assert connection.recv(8).startswith(b"SSH-2.0-")


def test_a_devices_fault_reaches_it_and_ends(lab: Lab) -> None:
    chosen = tuple(device.id for device in lab.city.access_points[:3])
    lab.fault(Fault(kind=FaultKind.OFF, targets=chosen), print)
    assert set(fleet.status(lab.params).faults) == set(chosen)
    lab.clear(chosen, print)
    assert fleet.status(lab.params).faults == {}


def test_a_real_device_can_be_switched_off_but_not_made_slow(lab: Lab) -> None:
    routers = tuple(switch.id for switch in lab.city.switches if switch.platform == "frr")
    with pytest.raises(Refused, match="cannot be made latency_s"):
        lab.fault(Fault(kind=FaultKind.SLOW, targets=routers, latency_s=1.0), print)
    lab.fault(Fault(kind=FaultKind.OFF, targets=routers), print)
    assert {part.state for part in lab.status() if part.name in routers} == {"down"}
    lab.clear(routers, print)
    assert {part.state for part in lab.status() if part.name in routers} == {"up"}


def test_a_region_goes_off_by_its_own_name_and_comes_back_by_its_sites(lab: Lab) -> None:
    lab.fault(Fault(kind=FaultKind.REGION_OFF, targets=("RegionTwo",)), print)
    states = {part.name: part.state for part in lab.status()}
    assert {state for part, state in states.items() if part.startswith("RegionTwo ")} == {"down"}
    assert {state for part, state in states.items() if part.startswith("RegionOne ")} == {"up"}
    lab.clear(("recovery",), print)
    assert {part.state for part in lab.status()} == {"up"}


def test_a_service_goes_down_alone(lab: Lab) -> None:
    lab.fault(Fault(kind=FaultKind.SERVICE_DOWN, targets=("datacentre",), service="octavia"), print)
    assert [part.name for part in lab.status() if part.state == "down"] == ["RegionOne octavia"]
    lab.clear(("datacentre",), print)
    assert {part.state for part in lab.status()} == {"up"}


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        pytest.param(Fault(kind=FaultKind.OFF, targets=("ap-nowhere",)), "no such device", id="a device"),
        pytest.param(Fault(kind=FaultKind.REGION_OFF, targets=("RegionNine",)), "no such region", id="a region"),
        pytest.param(
            Fault(kind=FaultKind.SERVICE_DOWN, targets=("RegionOne",), service="swift"),
            "no such service",
            id="a service",
        ),
    ],
)
def test_what_the_lab_does_not_have_cannot_be_broken(lab: Lab, fault: Fault, problem: str) -> None:
    before = pids(lab)
    with pytest.raises(InvalidInput, match=problem):
        lab.fault(fault, print)
    assert pids(lab) == before


def test_what_was_stopped_comes_back_where_nobody_knows_a_name(lab: Lab, tmp_path: Path) -> None:
    """The name server answers nobody, and the machine's own name is in no file: whoever asked would wait for ever."""
    before = pids(lab)
    lab.down()
    assert {part.state for part in lab.status()} == {"down"}
    lab.down()
    with nameless(tmp_path) as machine:
        given = pickle.dumps(lab.params)
        subprocess.run([*machine.before, sys.executable, "-c", UP, str(CITY)], input=given, cwd=ROOT, check=True)
    after = pids(lab)
    assert after.keys() == before.keys()
    assert not set(before.values()) & set(after.values())
    assert machine.asked == []
