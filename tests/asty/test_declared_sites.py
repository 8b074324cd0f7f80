"""What readiness expects of a site is what infra's own program makes there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pulumi.runtime
import pytest

from asty.declared_sites import declaration
from city.load import load
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Flow, Service
from drs.expected import SiteDeclaration
from drs.observed import SeenRule
from infra import workload_program
from infra.settings import Settings
from infra.stacks import Program
from tests.pulumi_loops import closed_loops

pytestmark = pytest.mark.slow

Made = dict[str, dict[str, Mapping[str, Any]]]


class Remembering(pulumi.runtime.Mocks):
    """Accepts every resource; `made` has its inputs by kind and name."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self.made: Made = {}
        self._outputs = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        self.made.setdefault(kind, {})[args.name] = args.inputs
        told = {"outputs": self._outputs} if kind == "StackReference" else {}
        given = {"LoadBalancer": {"vipPortId": args.name}, "FloatingIp": {"address": "203.0.113.9"}}
        return f"{args.name}-id", {**args.inputs, **told, **given.get(kind, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise AssertionError(f"a program asks the cloud nothing, but called {args.token}")


@pytest.fixture(scope="module")
def city() -> City:
    return load(Path(__file__).parents[2] / "cities" / "example")


def made_by_infra(city: City, role: SiteRole) -> Made:
    names = [network.id for network in city.networks_at(city.site_of(role).id)]
    offered = {
        "networks": {name: name for name in names},
        "subnets": {name: name for name in names},
        "flavours": {flavour.id: flavour.id for flavour in city.platform.flavours},
        "images": {image.id: image.id for image in city.platform.images},
        "key-pair": "operators",
        "management-group": "management",
        "uplink": "public",
        "zone": "zone",
    }
    mocks = Remembering(offered)
    settings = Settings(
        program=Program.WORKLOADS,
        role=role,
        city=city.folder,
        uplink="create",
        uplink_physical="",
        volume_zones=True,
        site_stack="lab-site",
        overrides={},
        released={},
    )

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
    def declare() -> pulumi.Output[Any]:
        return pulumi.Output.all(**workload_program.declare(city, settings))

    with closed_loops():
        pulumi.runtime.set_mocks(mocks, project="asty", stack="test", preview=False)
        declare()
    return mocks.made


def with_more_ways(city: City) -> City:
    """A service of several ports: two for the world, one of them UDP, and one of the members for operators alone."""
    ways = (
        Flow(source="world", port=8443),
        Flow(source="world", port=53, protocol="udp"),
        Flow(source="network:management", port=9100),
        Flow(source="network:management", port=443),
    )

    def more(service: Service) -> Service:
        if service.id != "identity" or service.workload is None:
            return service
        return replace(service, workload=replace(service.workload, flows=(*service.workload.flows, *ways)))

    return replace(city, services=tuple(map(more, city.services)))


@pytest.fixture(
    scope="module",
    params=[(role, ways) for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY) for ways in ("one way", "more ways")],
    ids="-".join,
)
def both(request: pytest.FixtureRequest, city: City) -> tuple[SiteDeclaration, Made]:
    role, ways = request.param
    declared = with_more_ways(city) if ways == "more ways" else city
    return declaration(declared, role), made_by_infra(declared, role)


def test_members_have_the_names_addresses_and_volumes_that_infra_gives_them(both: tuple[SiteDeclaration, Made]) -> None:
    expected, made = both
    members = [member for one in expected.standing.values() for member in one.machines]
    ports = {name: inputs["fixedIps"][0]["ipAddress"] for name, inputs in made["Port"].items()}
    assert {member.name: member.address for member in members} == ports
    assert {member.volume for member in members if member.volume} == set(made["Volume"])
    assert {name for one in expected.standing.values() for name in one.servers} == set(made["Instance"])


def test_groups_let_pass_what_infra_lets_pass(both: tuple[SiteDeclaration, Made]) -> None:
    expected, made = both
    found = {name: frozenset(_rules(name, made)) for name in made["SecGroup"]}
    assert {name: rules for name, rules in expected.every_group.items() if name not in expected.groups} == found


def _rules(group: str, made: Made) -> Iterator[SeenRule]:
    for inputs in made["SecGroupRule"].values():
        if inputs["securityGroupId"] == f"{group}-id":
            lowest, highest = int(inputs["portRangeMin"]), int(inputs["portRangeMax"])
            ports = str(lowest) if lowest == highest else f"{lowest}-{highest}"
            yield SeenRule(
                direction=inputs["direction"],
                protocol=inputs["protocol"],
                ports=ports,
                remote=inputs["remoteIpPrefix"],
                family=inputs["ethertype"],
            )


def test_entrances_are_those_that_infra_opens(both: tuple[SiteDeclaration, Made]) -> None:
    expected, made = both
    entrances = {name: one.entrance for name, one in expected.standing.items() if one.entrance}
    assert {name: one.address for name, one in entrances.items()} == {
        name: inputs["vipAddress"] for name, inputs in made["LoadBalancer"].items()
    }
    assert {name for name, one in entrances.items() if one.floating} == set(made.get("FloatingIp", {}))
    assert {one.fqdn: expected.record_ttl_s for one in entrances.values()} == {
        inputs["name"]: int(inputs["ttl"]) for inputs in made["RecordSet"].values()
    }
    wanted = {
        (listener.protocol, listener.port, frozenset(map(str, listener.clients)), one.address)
        for one in entrances.values()
        for listener in one.listeners
    }
    balancers = {f"{name}-id": inputs["vipAddress"] for name, inputs in made["LoadBalancer"].items()}
    assert wanted == {
        (one["protocol"], int(one["protocolPort"]), frozenset(one["allowedCidrs"]), balancers[one["loadbalancerId"]])
        for one in made["Listener"].values()
    }


def test_the_recovery_site_would_take_in_full_what_the_data_centre_has(city: City) -> None:
    there, here = declaration(city, SiteRole.DATACENTRE), declaration(city, SiteRole.RECOVERY)
    assert {n: [m.name for m in one.members] for n, one in here.full.items()} == {
        n: [m.name for m in one.members] for n, one in there.standing.items()
    }
    assert set(here.standing) == {"identity", "portal", "open-data", "iot-platform"}, "cold: nothing"
    assert here.standing["open-data"].servers == () and here.standing["open-data"].volumes == ("open-data-1-data",)
