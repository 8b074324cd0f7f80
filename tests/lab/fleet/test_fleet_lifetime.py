"""A fleet of a whole city: what it costs, and what lives through a stop, a kill and a change of the city."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import asyncssh
import pytest

from city.inventory import Endpoint
from city.model.city import City
from city.secrets import resolve
from lab.daemon import find, kill
from lab.fleet import orders, process, reach, roster
from lab.openstack.environment import alone
from lab.params import LabParams

pytestmark = pytest.mark.fleet

MOST_MB = 200
AP = "ap-0001"


@pytest.fixture(scope="module")
def avenue(
    tmp_path_factory: pytest.TempPathFactory, lab_params: LabParams, thessaloniki: City
) -> Iterator[tuple[LabParams, City]]:
    """All of Thessaloniki's devices, for tests that stop and kill the process that serves them."""
    params = LabParams(
        name="avenue",
        root=tmp_path_factory.mktemp("avenue") / "lab",
        base_port=26_100,
        base_address=IPv4Address("127.124.0.0"),
    )
    with alone(lab_params.root.with_name(".avenue.tests")):
        process.up(params, thessaloniki, print)
        yield params, thessaloniki
        process.down(params)


def resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:  # noqa: PTH123 - one line of a kernel's file
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


async def type_in(endpoint: Endpoint, *lines: str) -> str:
    """All lines at once, as one who types ahead; what the terminal showed."""
    async with asyncssh.connect(
        str(endpoint.address),
        endpoint.ssh_port,
        username=endpoint.user,
        password=resolve(endpoint.password).reveal(),
        known_hosts=([asyncssh.import_public_key(endpoint.host_key)], [], []),
        config=None,
        gss_host=None,
    ) as connection:
        done = await connection.run(term_type="vt100", input="\n".join([*lines, "exit", ""]))
    return str(done.stdout)


async def test_a_whole_city_fits_and_keeps_what_it_should(avenue: tuple[LabParams, City]) -> None:
    params, city = avenue
    running = find(params.pid_file("fleet"))
    assert running is not None
    seen = process.status(params)
    assert (seen.devices, seen.answering) == (len(reach.inventory(params, city)),) * 2
    assert seen.devices > 400
    assert resident_mb(running.pid) < MOST_MB, "of the process at its largest"

    endpoint = reach.inventory(params, city)[AP]
    await type_in(
        endpoint, "conf t", "ntp server 10.1.1.1", "end", "write memory", "conf t", "ntp server 10.2.2.2", "end"
    )
    before = orders.look_at(params, AP)
    process.down(params)
    assert not process.status(params).running
    process.up(params, city, print)
    after = orders.look_at(params, AP)
    for kept in ("running", "startup", "boots", "booted_at"):
        assert after[kept] == before[kept], "a lab that was stopped is as it was"
    assert reach.inventory(params, city)[AP] == endpoint

    kill([params.pid_file("fleet")])
    process.up(params, city, print)
    last = orders.look_at(params, AP)
    assert last["startup"] == before["startup"]
    assert "10.1.1.1" in str(last["running"])
    assert "10.2.2.2" not in str(last["running"]), "a kill is a power cut: what nobody saved is gone"
    assert int(str(last["boots"])) == int(str(before["boots"])) + 1


async def test_a_timed_change_is_taken_back_over_the_wire(avenue: tuple[LabParams, City]) -> None:
    params, city = avenue
    endpoint = reach.inventory(params, city)[AP]
    shown = await type_in(endpoint, "configure terminal revert timer 1", "hostname lost", "end", "configure revert now")
    assert "lost(config)#" in shown
    assert "hostname lost" not in str(orders.look_at(params, AP)["running"])
    assert orders.look_at(params, AP)["revert"] is None


def test_up_twice_is_up_once_and_another_city_starts_anew(avenue: tuple[LabParams, City]) -> None:
    params, city = avenue
    first, said = find(params.pid_file("fleet")), list[str]()
    process.up(params, city, said.append)
    assert find(params.pid_file("fleet")) == first
    assert said == [f"fleet: {process.status(params).devices} devices are served already"]
    smaller = replace(city, access_points=city.access_points[:3])
    process.up(params, smaller, said.append)
    assert "fleet: the city or the fleet's own code changed, so it starts anew" in said
    assert process.status(params).devices == len([s for s in city.switches if s.platform != "frr"]) + 3


def test_a_fleet_of_an_older_version_is_replaced(avenue: tuple[LabParams, City]) -> None:
    params, city = avenue
    process.up(params, city, print)
    first, file, said = find(params.pid_file("fleet")), params.root / "fleet.json", list[str]()
    roster.write(replace(roster.read(file), code="older"), file)
    process.up(params, city, said.append)
    assert "fleet: the city or the fleet's own code changed, so it starts anew" in said
    assert find(params.pid_file("fleet")) != first
