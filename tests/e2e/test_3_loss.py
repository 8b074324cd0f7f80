"""The data centre is gone: what the recovery site can do alone, and what the rest of the suite makes of it."""

from collections.abc import Iterator

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from lab.lab import Lab
from tests.e2e.operator import Operator, lose_server

pytestmark = pytest.mark.lab


def test_with_both_sites_up_readiness_compares_them(city_up: Operator) -> None:
    found = city_up.asks("drill", "readiness", code=None)
    assert all(not gap["subject"].startswith("stack") for gap in found["gaps"] if gap["weight"] == "blocking")


@pytest.fixture(scope="module")
def alone(city_up: Operator) -> Iterator[Operator]:
    """With the recovery site left, until the end of this file."""
    city_up.asty("lab", "fault", "region-off", "datacentre")
    yield city_up
    city_up.asty("lab", "fault", "clear", "datacentre")


def test_readiness_says_what_the_recovery_site_can_do_alone(alone: Operator, lab: Lab) -> None:
    said = alone.asty("drill", "readiness", code=None)
    found = alone.asks("drill", "readiness", code=None)
    alone.asty("poll", "--once")
    services = alone.asks("poll", "--once")["subjects"]
    assert said.code in (1, 4)
    assert "datacentre does not answer" in said.out
    assert "without the data centre" in said.out
    assert "needs registry, which is not in the cloud" in said.out
    chances = {service["service"]: (service["alone"], service["waits_for"]) for service in found["services"]}
    assert chances["identity"] == ("unknown", ["dns"]), "it runs there, and nobody can say that its name service does"
    assert chances["e-services"] == ("unknown", ["registry", "dns"])
    states = {row["subject"]: row["state"] for row in services if row["subject"].startswith("service:")}
    assert "up" not in {states[f"service:{s.id}"] for s in lab.city.services if s.recovery == "cold"}


def server_and_data(lab: Lab, name: str) -> tuple[str, dict[str, str]]:
    """The recovery site's server of this name: its id, and the names of the volumes that are attached, by their ids."""
    config = OpenStackConfig(config_files=[str(lab.params.clouds_yaml)], load_envvars=False)
    with Connection(config=config.get_one(cloud="recovery")) as cloud:
        server = cloud.compute.find_server(name, ignore_missing=False)
        volumes = [cloud.block_storage.get_volume(tie.volume_id) for tie in cloud.compute.volume_attachments(server)]
        return server.id, {volume.id: volume.name for volume in volumes}


def test_what_the_recovery_site_lost_is_planned_and_made_again(alone: Operator, lab: Lab) -> None:
    lost, data = server_and_data(lab, "portal-1")
    assert list(data.values()) == ["portal-1-data"]
    lose_server(alone, cloud="recovery", name="portal-1")
    plan = alone.asks("plan")
    away = {stack["stack"] for stack in plan["stacks"] if stack["unreachable"]}
    assert away == {"lab-datacentre", "lab-workloads-datacentre"}
    (to_do,) = (stack for stack in plan["stacks"] if stack["steps"])
    assert to_do["stack"] == "lab-workloads-recovery"
    assert [(step["op"], step["urn"].rsplit("::", 1)[-1]) for step in to_do["steps"]] == [
        ("create", "portal-1"),
        ("create", "portal-1-data"),
    ], "the server, and the tie to its data, which stay"
    assert {step["type"].rsplit(":", 1)[-1] for step in to_do["steps"]} == {"Instance", "VolumeAttach"}
    done = alone.asks("apply", "--plan", plan["hash"], code=1)
    status = {outcome["subject"]: outcome["status"] for outcome in done["outcomes"]}
    assert {subject for subject, ended in status.items() if ended == "failed"} == {f"stack {name}" for name in away}
    assert status["lab-workloads-recovery: Instance portal-1"] == "changed"
    assert done["tally"]["unknown"] == done["tally"]["skipped"] == 0
    again, tied = server_and_data(lab, "portal-1")
    assert again != lost
    assert tied == data, "the volume that it had, not another one"
