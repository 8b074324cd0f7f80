import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from city.errors import NeedsPerson, Refused
from city.model.city import City
from infra.components import entrance, site_network, site_offer, workload
from infra.interrupted import locks, pending, taken_over, unlock
from infra.orphans import KINDS
from infra.project import Project
from infra.stacks import Stack, stacks

SERVER = "urn:pulumi:lab::asty::openstack:compute/instance:Instance::portal-1"
POOL = "urn:pulumi:lab::asty::openstack:loadbalancer/pool:Pool::portal"
PORT = "urn:pulumi:lab::asty::openstack:networking/port:Port::portal-1"


def operation(urn: str, kind: str) -> dict[str, Any]:
    return {"resource": {"urn": urn, "type": urn.split("::")[2], "inputs": {"name": "portal"}}, "type": kind}


DEPLOYMENT: dict[str, Any] = {
    "manifest": {"version": "v3"},
    "resources": [{"urn": PORT, "id": "port-1"}],
    "pending_operations": [operation(SERVER, "creating"), operation(POOL, "creating"), operation(PORT, "updating")],
}


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)


def lock(project: Project, stack: Stack, pid: int, host: str, since: str = "2130-01-01T00:00:00Z") -> Path:
    folder = project.state / ".pulumi" / "locks" / "organization" / "asty" / stack.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pid}.json"
    path.write_text(json.dumps({"pid": pid, "username": "ict", "hostname": host, "timestamp": since}))
    path.with_name(f"{path.name}.attrs").write_text("{}")
    return path


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_the_dead_is_lifted(project: Project, stack: Stack, dead: int) -> None:
    path = lock(project, stack, dead, socket.gethostname())
    assert [found.pid for found in unlock(stack, project)] == [dead]
    assert list(path.parent.iterdir()) == []


def test_the_lock_of_the_living_is_respected(project: Project, stack: Stack, dead: int) -> None:
    lock(project, stack, dead, socket.gethostname())
    lock(project, stack, os.getpid(), socket.gethostname())
    with pytest.raises(Refused, match=f"process {os.getpid()}"):
        unlock(stack, project)
    assert len(locks(stack, project)) == 2, "none is lifted while one is held"


def test_the_lock_of_the_dead_is_lifted_though_another_process_has_its_number(project: Project, stack: Stack) -> None:
    since = "2024-02-29T13:00:00.123456789+02:00"
    lock(project, stack, os.getpid(), socket.gethostname(), since)
    assert [found.since for found in unlock(stack, project)] == [since]
    assert locks(stack, project) == ()


def test_the_lock_of_a_process_that_nobody_waited_for_is_lifted(project: Project, stack: Stack) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        lock(project, stack, process.pid, socket.gethostname())
        assert [found.pid for found in unlock(stack, project)] == [process.pid]


def test_a_pulumi_is_never_taken_for_another_process(project: Project, stack: Stack, tmp_path: Path) -> None:
    """The clock may have been set since it began, and then it seems to have begun after its lock."""
    program = tmp_path / "pulumi"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"])
    try:
        lock(project, stack, process.pid, socket.gethostname(), "2024-02-29T13:00:00Z")
        with pytest.raises(Refused, match=f"pulumi cancel --stack {stack.name}"):
            unlock(stack, project)
    finally:
        process.kill()
        process.wait()


def test_a_lock_from_elsewhere_asks_a_person(project: Project, stack: Stack, dead: int) -> None:
    lock(project, stack, dead, "another-host")
    with pytest.raises(NeedsPerson, match="pulumi cancel --stack lab-datacentre"):
        unlock(stack, project)


def test_another_stacks_lock_is_not_ours(project: Project, stack: Stack, example_city: City) -> None:
    lock(project, stacks(example_city)[1], os.getpid(), socket.gethostname())
    assert unlock(stack, project) == ()


def test_begun_operations_are_told_in_words() -> None:
    assert list(map(str, pending(DEPLOYMENT))) == [
        "creating Instance portal-1",
        "creating Pool portal",
        "updating Port portal-1",
    ]


def test_what_the_cloud_made_is_taken_over_and_the_rest_forgotten() -> None:
    found = taken_over(DEPLOYMENT, {SERVER: "server-1", POOL: None})
    assert [(resource["urn"], resource["id"]) for resource in found["resources"]] == [
        (PORT, "port-1"),
        (SERVER, "server-1"),
    ]
    assert found["resources"][1]["outputs"] == {"name": "portal"}
    assert [operation["type"] for operation in found["pending_operations"]] == ["updating"]
    assert found["manifest"] == DEPLOYMENT["manifest"]
    assert len(DEPLOYMENT["pending_operations"]) == 3, "the given deployment stays as it was"


def test_every_kind_that_a_component_makes_can_be_found_again() -> None:
    modules = ("blockstorage", "compute", "dns", "images", "loadbalancer", "networking")
    made = set()
    for component in (entrance, site_network, site_offer, workload):
        source = inspect.getsource(component)
        words = [word for module in modules for word in source.split(f"{module}.")[1:]]
        made |= {word.split("(")[0] for word in words if "(" in word[:20]}
    resources = {name for name in made if name.isalpha() and not name.endswith("Args")}
    assert resources
    assert resources <= KINDS


RULE = "urn:pulumi:lab::asty::openstack:networking/secGroupRule:SecGroupRule::library"


@pytest.mark.parametrize(
    ("found", "live"),
    [
        pytest.param("new", ["new"], id="made: it takes over, and the one before waits for its deletion"),
        pytest.param("old", ["old"], id="the one that is there already"),
        pytest.param(None, ["old"], id="not made: the one before stays"),
    ],
)
def test_a_replacement_that_was_cut_off_leaves_one_live_resource(found: str | None, live: list[str]) -> None:
    old = {"urn": RULE, "id": "old", "type": RULE.split("::")[2], "inputs": {}}
    cut_off = {"resources": [old], "pending_operations": [operation(RULE, "creating")]}
    resources = taken_over(cut_off, {RULE: found})["resources"]
    assert [r["id"] for r in resources if not r.get("delete")] == live
    assert [r["id"] for r in resources if r.get("delete")] == (["old"] if live == ["new"] else [])


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', '["pid"]'])
def test_a_torn_lock_asks_a_person(text: str, project: Project, stack: Stack) -> None:
    lock(project, stack, 1, socket.gethostname()).write_text(text)
    with pytest.raises(NeedsPerson, match=r"locks/organization/asty/lab-datacentre/1\.json"):
        unlock(stack, project)


def _engine_accepts(deployment: dict[str, Any]) -> bool:
    """Pulumi's own check of a state: of one URN at most one resource that does not wait for its deletion."""
    live = [resource["urn"] for resource in deployment["resources"] if not resource.get("delete")]
    return len(live) == len(set(live))


@pytest.mark.parametrize("before", [None, "live", "leaving"])
@pytest.mark.parametrize("kind", ["creating", "updating", "deleting", "reading"])
@pytest.mark.parametrize("made", [None, "old", "new"])
def test_whatever_was_cut_off_the_engine_takes_the_healed_state(
    kind: str, before: str | None, made: str | None
) -> None:
    """A kill at every kind of operation, on a resource that was not there, there, or waiting for its deletion."""
    old = {"urn": RULE, "id": "old", "type": RULE.split("::")[2], "inputs": {}, "delete": before == "leaving"}
    cut_off = {"resources": [old] if before else [], "pending_operations": [operation(RULE, kind)]}
    healed = taken_over(cut_off, {RULE: made} if kind == "creating" else {})
    assert _engine_accepts(healed)
    ids = {resource["id"] for resource in healed["resources"]}
    assert ({"old"} if before else set()) <= ids, "nothing that was known is forgotten"
    assert made != "new" or kind != "creating" or "new" in ids, "nothing that was made is made again"
    left = [one["type"] for one in healed["pending_operations"]]
    assert left == ([] if kind == "creating" else [kind]), "the refresh that follows settles the others"
