"""A city whose servers really run: its services are reached from the street by their names, are lost, and come back.

One operator, one lab, one story: each test goes on from where the one before it left the world, and mends it.
"""

import pytest

from asty import lab_access
from lab.hosts import leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from lab.net import kernel, names
from tests.soak.living.city import LivingCity, until

pytestmark = pytest.mark.slow
SAME_PORTS = ("portal", "identity", "open-data")
_DOWN_WITHIN_S = 15
"""The promise of the page, from the moment at which nobody answers any more."""


def test_from_nothing_every_service_answers_in_the_street_by_its_name(living: LivingCity) -> None:
    living.all_up()
    for service in SAME_PORTS:
        seen = living.shown(service)
        assert (seen["probe"], seen["seen_from"]) == ("https", ["street", "datacentre", "recovery"])
    parts = living.operator.asks("lab", "status")["parts"]
    hosts = next(part for part in parts if part["name"] == "hosts")
    assert hosts["address"].endswith("17 of 17 guests run"), (
        "those that are warm or active, and four hosts of databases"
    )


def test_every_host_of_both_sites_is_what_its_service_promises_and_does_what_operators_ask(living: LivingCity) -> None:
    for service in SAME_PORTS:
        assert living.operator.asks("verify", service)["tally"]["failed"] == 0
    ran = living.operator.asks("run", "portal", "hostname")
    assert [(one["subject"], one["stdout"]) for one in ran["outcomes"]] == [
        ("portal-1 (datacentre)", "portal-1\n"),
        ("portal-2 (datacentre)", "portal-2\n"),
        ("portal-db (datacentre)", "portal-db\n"),
        ("portal-1 (recovery)", "portal-1\n"),
        ("portal-db (recovery)", "portal-db\n"),
    ]


def test_a_member_that_is_stopped_costs_no_client_an_answer_and_both_are_an_outage(living: LivingCity) -> None:
    member = "portal-1 SHUTOFF"
    living.acts("stop", "portal-1")
    looks = living.looks("portal", lambda: member not in (living.shown("portal")["cause"] or ""))
    assert len(looks) > 1
    assert [look.detail for look in looks if look.failure is not None] == []
    assert living.shown("portal")["state"] == "degraded"
    told = living.operator.asks("plan")["by_hand"]
    assert any("server start portal-1" in one["remedy"] for one in told), "what no step would change is told beside it"

    living.acts("stop", "portal-2")
    until(lambda: living.looks("portal", lambda: False)[0].failure is not None)
    assert living.becomes("portal", "down") < _DOWN_WITHIN_S
    assert living.shown("portal")["cause"], "why, as far as the points of view saw it"
    living.acts("start", "portal-1", "portal-2")
    living.becomes("portal", "up")


def test_a_rule_that_somebody_removed_shuts_clients_out_until_the_plan_is_applied(living: LivingCity) -> None:
    network = living.cloud.network
    group = network.find_security_group("identity", ignore_missing=False)
    for rule in network.security_group_rules(security_group_id=group.id, direction="ingress"):
        network.delete_security_group_rule(rule.id)
    living.becomes("identity", "down", "degraded")
    plan = living.operator.asks("plan")
    wanted = [step["urn"].rpartition("::")[2] for stack in plan["stacks"] for step in stack["steps"]]
    assert sorted(wanted) == ["identity-tcp-443-from-balancer", "identity-tcp-443-from-block"]
    living.operator.asty("apply", "--plan", plan["hash"][:12])
    living.becomes("identity", "up")


def test_what_is_down_leaves_nothing_and_comes_back_as_it_was(living: LivingCity) -> None:
    params = lab_access.params(living.ours)
    living.operator.asty("down")
    assert list(kernel.names(names.mark(params))) == []
    assert leftovers.find(Life(HostsFolder(params))) == []
    done = living.operator.asks("up")
    assert done["outcomes"]["tally"]["failed"] == 0
    living.all_up()
