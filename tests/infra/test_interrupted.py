import inspect
from typing import Any

import pytest

from infra.components import entrance, site_network, site_offer, workload
from infra.interrupted import deleted_first, pending, taken_over
from infra.orphans import KINDS

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


IMAGE = "urn:pulumi:lab::asty::openstack:images/image:Image::base"


@pytest.mark.parametrize("before", [[], [{"urn": IMAGE, "id": "old"}]])
def test_what_is_half_made_waits_for_its_deletion_and_is_made_anew(before: list[dict[str, Any]]) -> None:
    cut_off = {"resources": before, "pending_operations": [operation(IMAGE, "creating")]}
    healed = taken_over(cut_off, {IMAGE: "queued"}, {IMAGE})["resources"]
    assert [resource["id"] for resource in healed if resource.get("delete")] == ["queued"]
    assert [resource["id"] for resource in healed if not resource.get("delete")] == [one["id"] for one in before]


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


@pytest.mark.parametrize(
    ("found", "left"),
    [
        pytest.param("new", [(POOL, "new", [], {}), (PORT, "port-1", [POOL], {"poolId": [POOL]})], id="it was made"),
        pytest.param(None, [(PORT, "port-1", [], {"poolId": []})], id="it was not made"),
    ],
)
def test_what_was_deleted_to_be_replaced_is_not_deleted_again(found: str | None, left: list[object]) -> None:
    """A pool went with the server that hangs on it, and a kill or a failure came before either was made anew."""
    gone = [
        {"urn": urn, "id": "gone", "type": urn.split("::")[2], "pendingReplacement": True} for urn in (POOL, SERVER)
    ]
    hangs_on = {"urn": PORT, "id": "port-1", "dependencies": [POOL], "propertyDependencies": {"poolId": [POOL]}}
    cut_off = {"resources": [*gone, hangs_on], "pending_operations": [operation(POOL, "creating")]}
    assert deleted_first(cut_off) == (POOL, SERVER)
    healed = taken_over(cut_off, {POOL: found})
    told = [
        (one["urn"], one["id"], one.get("dependencies", []), one.get("propertyDependencies", {}))
        for one in healed["resources"]
    ]
    assert told == left, "what depends on the new one comes after it, and nothing depends on what is not there"
    assert deleted_first(healed) == ()


def _engine_accepts(deployment: dict[str, Any]) -> bool:
    """Pulumi's own check of a state: of one URN at most one resource that does not wait for its deletion."""
    live = [resource["urn"] for resource in deployment["resources"] if not resource.get("delete")]
    return len(live) == len(set(live))


@pytest.mark.parametrize("before", [None, "live", "leaving", "deleted first"])
@pytest.mark.parametrize("kind", ["creating", "updating", "deleting", "reading"])
@pytest.mark.parametrize("made", [None, "old", "new"])
def test_whatever_was_cut_off_the_engine_takes_the_healed_state(
    kind: str, before: str | None, made: str | None
) -> None:
    """A kill at every kind of operation, on a resource that was not there, there, or waiting for its deletion."""
    old = {"urn": RULE, "id": "old", "type": RULE.split("::")[2], "inputs": {}, "delete": before == "leaving"}
    old |= {"pendingReplacement": True} if before == "deleted first" else {}
    cut_off = {"resources": [old] if before else [], "pending_operations": [operation(RULE, kind)]}
    healed = taken_over(cut_off, {RULE: made} if kind == "creating" else {})
    assert _engine_accepts(healed)
    ids = {resource["id"] for resource in healed["resources"]}
    assert ({"old"} if before in {"live", "leaving"} else set()) <= ids, "nothing that is there is forgotten"
    assert not deleted_first(healed)
    assert made != "new" or kind != "creating" or "new" in ids, "nothing that was made is made again"
    left = [one["type"] for one in healed["pending_operations"]]
    assert left == ([] if kind == "creating" else [kind]), "the refresh that follows settles the others"
