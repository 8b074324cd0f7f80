"""Which ports answer on the hosts of a living city, from each network: what roles and flows declare, and no other."""

import pytest

from tests.soak.living.city import LivingCity

pytestmark = pytest.mark.slow
OPENED = ("systemd-run", "--unit=opened", "python3", "-m", "http.server", "8099")
"""A program that nobody declared, on each host of the portal."""
PORTAL = "portal-1 (datacentre)"


def test_no_port_answers_that_nobody_declared_from_any_network(living: LivingCity) -> None:
    living.all_up()
    found = living.operator.asks("scan")
    assert found["tally"]["ok"] == len(found["outcomes"])
    spots = {"street", "the probe host of datacentre", "the probe host of recovery"}
    assert all(any(spot in one["evidence"] for one in found["outcomes"]) for spot in spots)


def test_a_port_that_somebody_opens_by_hand_is_told_with_the_host_and_who_reached_it(living: LivingCity) -> None:
    network = living.cloud.network
    group = network.find_security_group("portal", ignore_missing=False)
    living.operator.asks("run", "portal", "--", *OPENED)
    rule = network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=8099, port_range_max=8099
    )
    try:
        told = living.operator.asks("scan", code=1)["outcomes"]
        assert any(one["subject"].startswith("portal-1") and "8099" in one["reason"] for one in told)
    finally:
        network.delete_security_group_rule(rule)
        living.operator.asks("run", "portal", "--", "systemctl", "stop", "opened")
    assert living.operator.asks("scan")["tally"]["failed"] == 0
