"""What is protected is not taken away unless somebody said why, and asty says so before anything is touched."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from city.errors import Refused
from city.model.city import City
from city.model.services import Flow, Recovery, Service
from infra import protection
from infra.project import Project
from infra.stacks import Stack, stacks

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]
TYPES = {
    "Volume": "openstack:blockstorage/volume:Volume",
    "FloatingIp": "openstack:networking/floatingIp:FloatingIp",
    "Network": "openstack:networking/network:Network",
    "Subnet": "openstack:networking/subnet:Subnet",
    "Router": "openstack:networking/router:Router",
    "Zone": "openstack:dns/zone:Zone",
}


def urn(subject: str) -> str:
    kind, name = subject.split()
    return f"urn:pulumi:s::asty::{TYPES[kind]}::{name}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)


def stack(city: City, name: str) -> Stack:
    return next(stack for stack in stacks(city) if stack.name == name)


def keep(stack: Stack, project: Project, city: City, *subjects: str) -> None:
    """Asks for a stack in which these are protected."""
    resources = [{"urn": urn(subject), "protect": True} for subject in subjects]
    path = project.checkpoint(stack.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}))
    with patch("infra.protection.load", return_value=city):
        protection.keep_declared(stack, project)


@pytest.mark.parametrize(
    ("there", "told", "key"),
    [
        pytest.param(["Volume portal-1-data", "Volume portal-2-data"], "", "", id="all is declared"),
        pytest.param(["FloatingIp portal"], "", "", id="an address that the world may use"),
        pytest.param(
            ["Volume portal-1-data", "Volume portal-3-data"],
            "1 protected data volumes, the first Volume portal-3-data",
            "release-volumes.SERVICE",
            id="fewer instances",
        ),
        pytest.param(
            ["FloatingIp gis"],
            "1 protected addresses, the first FloatingIp gis",
            "release-addresses.SERVICE",
            id="a service that goes inside",
        ),
        pytest.param(
            ["FloatingIp gone", "Volume gone-1-data"],
            "2 protected resources, the first FloatingIp gone",
            "release-volumes.SERVICE",
            id="a service that went",
        ),
    ],
)
def test_what_a_service_no_longer_declares_is_refused(
    there: list[str], told: str, key: str, request: pytest.FixtureRequest
) -> None:
    project, make_service, make_city = map(request.getfixturevalue, ("project", "make_service", "make_city"))
    inside = make_service("gis", volume_gb=0, flows=(Flow(source="network:iot", port=443),))
    city = make_city(make_service("portal"), inside)
    workloads = stack(city, "lab-workloads-datacentre")
    if not told:
        keep(workloads, project, city, *there)
        return
    with pytest.raises(Refused, match=f"no longer declares {told}") as refused:
        keep(workloads, project, city, *there)
    assert f"asty:{key}'" in refused.value.remedy


def test_data_alone_has_no_address(project: Project, make_service: MakeService, make_city: MakeCity) -> None:
    """At the recovery site a pilot light does not run."""
    city = make_city(make_service("portal", recovery=Recovery.PILOT_LIGHT))
    workloads = stack(city, "lab-workloads-recovery")
    keep(workloads, project, city, "Volume portal-1-data")
    with pytest.raises(Refused, match="1 protected addresses, the first FloatingIp portal"):
        keep(workloads, project, city, "FloatingIp portal")


def test_a_site_consists_of_what_the_city_declares(project: Project, example_city: City) -> None:
    site = stack(example_city, "lab-datacentre")
    whole = ["Network datacentre-iot", "Router datacentre", "Subnet datacentre-public", "Zone datacentre"]
    keep(site, project, example_city, *whole)
    left = [network for network in example_city.networks if network.id != "datacentre-iot"]
    city = replace(example_city, networks=tuple(left))
    with pytest.raises(Refused, match="1 protected resources, the first Network datacentre-iot") as refused:
        keep(site, project, city, *whole)
    assert "asty:release-site'" in refused.value.remedy


@pytest.mark.parametrize(
    ("said", "told", "remedy"),
    [
        ("as it is currently marked for protection", "replace 1 protected resources", "Do not release them"),
        ("cannot be deleted because it is protected", "delete 1 protected resources", "asty:release-site"),
    ],
)
def test_pulumis_own_refusal_is_told_with_a_way_out(said: str, told: str, remedy: str, example_city: City) -> None:
    site = stack(example_city, "lab-datacentre")
    found = protection.refused(site, {urn("Network datacentre-iot"): [said], "": ["preview failed"]})
    assert found is not None
    assert told in found.problem and remedy in found.remedy
    assert protection.refused(site, {urn("Network datacentre-iot"): ["403"], "": [said]}) is None
