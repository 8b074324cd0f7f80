"""The baseline playbook against emulated switches and the real FRR: it agrees with pushes, and check mode is true."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml

from city.clock import SystemClock
from city.errors import Failed
from city.inventory import Endpoint, Inventory, SnmpV2c
from city.load.city import load
from city.model.city import City
from city.outcome import Outcome, Status
from city.secrets import SecretRef
from lab.fleet import process as fleet
from lab.fleet import reach
from lab.params import LabParams
from lab.real import process as real
from network.journal import Journal
from network.push import plan, push
from network.reading import read
from network.transports import ansible
from network.transports.base import Deadline
from network.transports.netmiko import NetmikoTransport
from platforms.grammar.configuration import TOP
from platforms.registry import grammar

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / "playbooks" / "baseline.yml"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQ1s1yQ0Vf4ov3bXx6NC0d1TUVw6j4mEoa3bUf2f3ZL"
WIRED = ("sw-core-01", "sw-west-01", "sw-east-01")
TRANSPORT = NetmikoTransport()


@pytest.fixture(scope="module")
def city() -> City:
    return load(ROOT / "cities" / "example")


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Inventory]:
    """Switches that listen, and how to reach them."""
    root = tmp_path_factory.mktemp("playbooks") / "lab"
    params = LabParams(name="playbooks", root=root, base_port=26_100, base_address=IPv4Address("127.115.0.0"))
    params.claim()
    try:
        fleet.up(params, city, print)
        real.up(params, city, print)
        yield reach.inventory(params, city) | real.inventory(params, city)
    finally:
        real.down(params)
        fleet.down(params)


def played(
    city: City, reached: Inventory, workspace: Path, ids: Sequence[str] = WIRED, *, check: bool = False
) -> dict[str, Outcome]:
    devices = [city.device(device_id) for device_id in ids]
    told = ansible.run_playbook(BASELINE, city, devices, reached, workspace=workspace, check=check)
    return {outcome.subject: outcome for outcome in told}


def statuses(told: Mapping[str, Outcome]) -> set[Status]:
    return {outcome.status for outcome in told.values()}


def typed(city: City, reached: Inventory, device_id: str, *commands: str) -> tuple[str, ...]:
    kind = grammar(city.device(device_id).platform)
    with TRANSPORT.open(reached[device_id], kind, Deadline.after(30)) as session:
        return session.run(commands)


def baseline(city: City, reached: Inventory, device_id: str) -> set[str]:
    kind = grammar(city.device(device_id).platform)
    with TRANSPORT.open(reached[device_id], kind, Deadline.after(30)) as session:
        lines = read(session, device_id, kind).running.lines(TOP)
    return {line for line in lines if line.startswith(ansible.BASELINE)}


@pytest.mark.fleet
def test_the_playbook_and_the_push_agree_and_check_mode_tells_what_a_run_does(
    city: City, reached: Inventory, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal.sqlite", SystemClock())
    devices = [city.device(device_id) for device_id in WIRED]
    planned = plan(city, devices, reached, transport=TRANSPORT)
    assert {o.status for o in push(planned, reached, transport=TRANSPORT, journal=journal)} == {Status.CHANGED}
    journal.close()
    wanted = {device_id: baseline(city, reached, device_id) for device_id in WIRED}
    typed(city, reached, "sw-west-01", "configure terminal", "no ntp server 10.1.3.8", "end", "write memory")
    typed(city, reached, "sw-core-01", "configure terminal", "no log syslog", "end", "write memory")
    astray = {device_id: baseline(city, reached, device_id) for device_id in WIRED}

    would = played(city, reached, tmp_path, check=True)
    assert {device_id: baseline(city, reached, device_id) for device_id in WIRED} == astray, (
        "check mode changes nothing"
    )
    did = played(city, reached, tmp_path)
    assert {d: o.status for d, o in would.items()} == {d: o.status for d, o in did.items()}
    assert [did[d].status for d in WIRED] == [Status.CHANGED, Status.CHANGED, Status.OK], "the push left it nothing"
    assert {device_id: baseline(city, reached, device_id) for device_id in WIRED} == wanted
    assert statuses(played(city, reached, tmp_path)) == {Status.OK}, "a second run finds nothing to do"
    again = plan(city, devices, reached, transport=TRANSPORT)
    assert again.changes == 0, "after the playbook a push finds nothing to do"
    assert not list(tmp_path.glob("ansible-*")), "nothing of a run is left behind"


@pytest.mark.fleet
def test_who_is_not_the_pinned_device_or_does_not_answer_fails_alone(
    city: City, reached: Inventory, tmp_path: Path
) -> None:
    changed = dict(reached)
    changed["sw-east-01"] = replace(reached["sw-east-01"], host_key=OTHER_KEY)
    changed["sw-west-01"] = replace(reached["sw-west-01"], ssh_port=2)
    told = played(city, changed, tmp_path, check=True)
    assert told["sw-east-01"].status is Status.FAILED
    assert told["sw-west-01"].status is Status.FAILED
    assert told["sw-core-01"].status in {Status.OK, Status.CHANGED}


def test_what_no_collection_knows_is_left_out_and_said_so(city: City, tmp_path: Path) -> None:
    told = played(city, {}, tmp_path, ["ap-0001", "sw-west-01"])
    assert told["ap-0001"].status is Status.SKIPPED and "street-ap" in told["ap-0001"].reason
    assert told["sw-west-01"].status is Status.FAILED and "inventory" in told["sw-west-01"].reason


def test_the_inventory_says_what_the_city_does_and_nothing_else(city: City, paper: Inventory) -> None:
    hosts = {device_id: city.device(device_id) for device_id in WIRED}
    made = ansible.ansible_inventory(city, hosts, paper)
    assert set(made) == {"edge_switch", "frr"}
    west = made["edge_switch"]["hosts"]["sw-west-01"]
    assert west["baseline_lines"] == ["logging host 10.1.3.9", "ntp server 10.1.3.8"]
    assert str(west["ansible_password"]).startswith("{{ device_passwords["), "a reference, not a password"


@pytest.fixture
def paper(city: City) -> Inventory:
    nowhere = SecretRef("env", "NOWHERE")
    return {
        device.id: Endpoint(
            device=device.id,
            address=device.address,
            ssh_port=22,
            snmp_port=161,
            user="admin",
            password=nowhere,
            host_key=OTHER_KEY,
            snmp=SnmpV2c(community=nowhere),
        )
        for device in city.devices
    }


@pytest.mark.slow
def test_a_playbook_that_is_not_there_is_an_error_and_no_outcome(city: City, paper: Inventory, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("x\n", encoding="utf-8")
    inventory = {"sw-west-01": replace(paper["sw-west-01"], password=SecretRef("file", str(tmp_path / "p")))}
    with pytest.raises(Failed, match="before it asked any device"):
        ansible.run_playbook(tmp_path / "no.yml", city, [city.device("sw-west-01")], inventory, workspace=tmp_path)


def test_the_playbook_holds_no_value_of_a_city() -> None:
    """No second source of truth: its lines are the variable, and nothing else is said to a device."""
    (play,) = yaml.safe_load(BASELINE.read_text(encoding="utf-8"))
    modules = [next(value for name, value in task.items() if "." in name) for task in play["tasks"]]
    configured = [module["lines"] for module in modules if "lines" in module]
    said = {module["commands"] for module in modules if "commands" in module}
    assert configured == ["{{ baseline_lines }}"]
    assert said == {"show startup-config", "write memory"}
