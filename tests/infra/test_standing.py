"""A service that stands keeps its addresses unless its own declaration says that it moves."""

import json
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from unittest.mock import patch

import pytest

from city.errors import Refused
from city.model.city import City
from city.model.services import Service
from infra import standing
from infra.project import Project
from infra.stacks import Stack, stacks

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]


@pytest.fixture
def workloads(example_city: City) -> Stack:
    return next(stack for stack in stacks(example_city) if stack.name == "lab-workloads-datacentre")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)


def stand(project: Project, **addresses: str) -> None:
    """Ports by their names in words of Python, as `portal_1`."""
    kind = "openstack:networking/port:Port"
    ports = [
        {
            "urn": f"urn:pulumi:s::asty::{kind}::{name.replace('_', '-')}",
            "type": kind,
            "inputs": {"fixedIps": [{"ipAddress": address}]},
        }
        for name, address in addresses.items()
    ]
    path = project.checkpoint("lab-workloads-datacentre")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": ports}}}))


def keep(stack: Stack, project: Project, city: City) -> None:
    with patch("infra.standing.load", return_value=city):
        standing.keep(stack, project)


def cut(city: City, cidr: str) -> City:
    """The city with another range for the application network of the data centre."""
    networks = [replace(n, cidr=IPv4Network(cidr)) if n.id == "datacentre-application" else n for n in city.networks]
    return replace(city, networks=tuple(networks))


def test_what_stands_where_it_is_declared_is_left_alone(
    workloads: Stack, project: Project, make_service: MakeService, make_city: MakeCity
) -> None:
    keep(workloads, project, make_city(make_service("portal")))
    stand(project, portal_1="10.1.1.49", portal_2="10.1.1.50", other_1="10.1.1.9")
    keep(workloads, project, make_city(make_service("portal"), make_service("new")))
    stand(project, portal_1="10.64.0.49", portal_2="10.64.0.50")
    for cidr in ("10.64.0.0/24", "10.64.0.0/22"):
        keep(workloads, project, cut(make_city(make_service("portal")), cidr))


@pytest.mark.parametrize(
    ("cidr", "there", "problem", "remedy"),
    [
        pytest.param(
            "10.1.1.0/24",
            "10.1.1.57",
            "stands at 10.1.1.57 and would move to 10.1.1.49",
            "Declare `slot: 6` in the workload of portal",
            id="its neighbour went, beside whom it stood",
        ),
        pytest.param(
            "10.1.0.0/23",
            "10.1.1.49",
            "would move to 10.1.0.49",
            "Declare `slot: 37` in the workload of portal",
            id="a range that grew to the front",
        ),
        pytest.param(
            "10.7.0.0/24",
            "10.1.1.49",
            "would move to 10.7.0.49",
            "Take back what was changed of 10.7.0.0/24",
            id="moved",
        ),
        pytest.param("10.1.1.0/28", "10.1.1.49", "would move to no address", "Take back what was changed", id="shrunk"),
    ],
)
def test_a_service_that_would_move_unasked_is_refused_with_the_way_to_stay(
    cidr: str,
    there: str,
    problem: str,
    remedy: str,
    request: pytest.FixtureRequest,
) -> None:
    workloads, project, make_service, make_city = map(
        request.getfixturevalue, ("workloads", "project", "make_service", "make_city")
    )
    stand(project, portal_1=there)
    with pytest.raises(Refused, match=problem) as refused:
        keep(workloads, project, cut(make_city(make_service("portal")), cidr))
    assert remedy in refused.value.remedy


def test_whoever_declares_a_slot_is_obeyed_to_stay_as_to_move(
    workloads: Stack, project: Project, make_service: MakeService, make_city: MakeCity
) -> None:
    stand(project, portal_1="10.1.1.49")
    keep(workloads, project, cut(make_city(make_service("portal", slot=37)), "10.1.0.0/23"))
    keep(workloads, project, make_city(make_service("portal", slot=2)))
