"""A city whose servers really run: its services are reached from the street by their names, are lost, and come back.

One operator, one lab, one story: each test goes on from where the one before it left the world, and mends it.
"""

import asyncio
import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.connection import Connection

from asty import lab_access, workspace
from asty.workspace import Workspace
from city.load import load
from lab.hosts import leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from lab.net import kernel, names
from lab.openstack.environment import alone
from monitoring.probing.declared import probed
from monitoring.probing.probe import Found
from tests.e2e.operator import REPOSITORY, Operator

WORKSPACE, BASE_PORT, BASE_ADDRESS = "soak-city", "28200", "127.119.0.0"
PROBED = ("portal", "identity", "open-data")
PATIENCE_S = 180
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def _variables() -> Iterator[None]:
    """The ports and addresses of a lab beside that of the other long tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTY_BASE_PORT", BASE_PORT)
        patch.setenv("ASTY_BASE_ADDRESS", BASE_ADDRESS)
        yield


@pytest.fixture(scope="module")
def ours(_variables: None, city_folder: Path) -> Workspace:
    environ = {"ASTY_WORKSPACE": WORKSPACE, "ASTY_CITY": str(city_folder)}
    return workspace.find(environ, base_port=int(BASE_PORT), base_address=BASE_ADDRESS)


@pytest.fixture(scope="module")
def city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example city, with a probe for each service that residents open in a browser."""
    folder = tmp_path_factory.mktemp("cities") / "example"
    shutil.copytree(REPOSITORY / "cities" / "example", folder)
    file = folder / "services.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    for service in PROBED:
        at = lines.index(f"{service}:")
        if not any("probe:" in line for line in lines[at : lines.index("  workload:", at)]):
            lines.insert(lines.index("  workload:", at), "  probe: {https: /healthz}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def operator(ours: Workspace, city_folder: Path) -> Iterator[Operator]:
    """At the command line of a city that was brought up from nothing, with hosts."""
    found = Operator(workspace=WORKSPACE, city=city_folder)
    ours.prepare()
    with alone(ours.home.with_name(".soak-city.tests")):
        _clean(found, ours)
        try:
            found.asty("up", "--hosts")
            yield found
        finally:
            _clean(found, ours)


def _clean(operator: Operator, ours: Workspace) -> None:
    operator.asty("down")
    operator.asty("lab", "wipe", "--yes")
    shutil.rmtree(ours.home, ignore_errors=True)


@pytest.fixture(scope="module")
def cloud(operator: Operator, ours: Workspace) -> Iterator[Connection]:
    """The data centre's, once the city is up."""
    assert operator.workspace == ours.name
    config = openstack.config.OpenStackConfig(
        config_files=[str(lab_access.params(ours).clouds_yaml)], load_envvars=False
    )
    with Connection(config=config.get_one(cloud="datacentre")) as connection:
        yield connection


def shown(ours: Workspace, service: str) -> dict[str, Any]:
    """What the page's data say of a service."""
    with DIRECT.open(f"http://127.0.0.1:{ours.dashboard_port}/api/estate.json", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)["services"][service]
        return found


def becomes(ours: Workspace, service: str, state: str, because: str = "") -> None:
    until(lambda: (seen := shown(ours, service))["state"] == state and because in seen["cause"])


def acts(cloud: Connection, verb: str, *servers: str) -> None:
    for name in servers:
        server = cloud.compute.find_server(name, ignore_missing=False)
        getattr(cloud.compute, f"{verb}_server")(server.id)


async def _looks(ours: Workspace, service: str, so_long_as: Callable[[], bool]) -> list[Found]:
    city = load(ours.city_folder)
    there = lab_access.vantages(ours, city)["street"]
    ask = next(one.ask for one in probed(city) if one.service == service)
    found = [await there.look(ask)]
    while await asyncio.to_thread(so_long_as):
        found.append(await there.look(ask))
        await asyncio.sleep(0.2)
    await there.close()
    return found


def test_from_nothing_every_service_answers_in_the_street_by_its_name(operator: Operator, ours: Workspace) -> None:
    for service in PROBED:
        becomes(ours, service, "up")
        assert (shown(ours, service)["probe"], shown(ours, service)["seen_from"]) == (
            "https",
            ["street", "datacentre", "recovery"],
        )
    parts = operator.asks("lab", "status")["parts"]
    hosts = next(part for part in parts if part["name"] == "hosts")
    assert hosts["address"].endswith("17 of 17 guests run"), (
        "those that are warm or active, and four hosts of databases"
    )


def test_every_host_of_both_sites_is_what_its_service_promises_and_does_what_operators_ask(operator: Operator) -> None:
    for service in PROBED:
        assert operator.asks("verify", service)["tally"]["ok"] % 3 == 0, "two ports and nothing else, of each host"
    ran = operator.asks("run", "portal", "hostname")
    assert [(one["subject"], one["stdout"]) for one in ran["outcomes"]] == [
        (f"portal-{number} ({site})", f"portal-{number}\n")
        for number, site in ((1, "datacentre"), (2, "datacentre"), (1, "recovery"))
    ]


def test_a_member_that_is_stopped_costs_no_client_an_answer_and_both_are_an_outage(
    ours: Workspace, cloud: Connection
) -> None:
    acts(cloud, "stop", "portal-1")
    degraded = "of 2 servers not ACTIVE"
    looks = asyncio.run(_looks(ours, "portal", lambda: degraded not in shown(ours, "portal")["cause"]))
    assert len(looks) > 1
    assert [look.detail for look in looks if look.failure is not None] == []
    assert shown(ours, "portal")["state"] == "degraded"
    acts(cloud, "stop", "portal-2")
    becomes(ours, "portal", "down")
    acts(cloud, "start", "portal-1", "portal-2")
    becomes(ours, "portal", "up")


def test_a_rule_that_somebody_removed_shuts_clients_out_until_the_plan_is_applied(
    operator: Operator, ours: Workspace, cloud: Connection
) -> None:
    group = cloud.network.find_security_group("identity", ignore_missing=False)
    for rule in cloud.network.security_group_rules(security_group_id=group.id, direction="ingress"):
        cloud.network.delete_security_group_rule(rule.id)
    becomes(ours, "identity", "down")
    plan = operator.asks("plan")
    wanted = [step["urn"].rpartition("::")[2] for stack in plan["stacks"] for step in stack["steps"]]
    assert sorted(wanted) == ["identity-tcp-443-from-balancer", "identity-tcp-443-from-block"]
    operator.asty("apply", "--plan", plan["hash"][:12])
    becomes(ours, "identity", "up")


def test_what_is_down_leaves_nothing_and_comes_back_as_it_was(operator: Operator, ours: Workspace) -> None:
    params = lab_access.params(ours)
    operator.asty("down")
    assert list(kernel.names(names.mark(params))) == []
    assert leftovers.find(Life(HostsFolder(params))) == []
    done = operator.asks("up")
    assert done["outcomes"]["tally"]["failed"] == 0
    for service in PROBED:
        becomes(ours, service, "up")
