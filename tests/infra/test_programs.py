"""The programs of a site and of its workloads against a cloud that only remembers."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
import pytest

from city.errors import InvalidInput
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Backup, Flow, Recovery, Service, Workload
from city.model.wired import Purpose
from infra import site_program, workload_program
from infra.settings import CREATE_UPLINK, Origin, Settings
from infra.stacks import Program

Declared = dict[str, Mapping[str, Any]]
MakeService = Callable[..., Service]
MakeCity = Callable[..., City]


class Remembers:
    declared: Declared
    staying: dict[str, list[str]]
    protected: set[str]
    asked: list[tuple[str, dict[str, Any]]]
    deleted_first: set[str]
    parents: dict[str, str]
    zone: str


@pytest.fixture
def declared(recorder: Remembers) -> Declared:
    return recorder.declared


def settings(role: SiteRole = SiteRole.DATACENTRE, **changes: Any) -> Settings:  # noqa: ANN401 - any field of Settings
    found = Settings(
        program=Program.WORKLOADS,
        role=role,
        city=Path(),
        uplink=CREATE_UPLINK,
        uplink_physical="public",
        volume_zones=True,
        site_stack="lab-datacentre",
        overrides={},
        released={},
    )
    return replace(found, **changes)


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
def declare_site(city: City, wanted: Settings, cache: Path) -> pulumi.Output[Any]:
    return pulumi.Output.all(**site_program.declare(city, wanted, cache))


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
def declare_workloads(city: City, wanted: Settings) -> pulumi.Output[Any]:
    return pulumi.Output.all(**workload_program.declare(city, wanted))


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
def tell_workloads(city: City, wanted: Settings, told: dict[str, Any]) -> pulumi.Output[Any]:
    return pulumi.Output.all(**workload_program.declare(city, wanted)).apply(told.update)


def names(declared: Declared, kind: str) -> list[str]:
    return sorted(name.split(" ", 1)[1] for name in declared if name.split(" ")[0] == kind)


def test_a_site_offers_every_tier_behind_one_router(declared: Declared, example_city: City, tmp_path: Path) -> None:
    declare_site(example_city, settings(), tmp_path)
    tiers = [f"datacentre-{purpose}" for purpose in ("application", "data", "iot", "management")]
    assert names(declared, "RouterInterface") == tiers
    assert names(declared, "Subnet") == sorted([*tiers, "datacentre-public"])
    assert declared["Network datacentre-public"]["external"] is True
    assert declared["Router datacentre"]["externalNetworkId"] == "datacentre-public-id"
    assert declared["Subnet datacentre-data"]["allocationPools"] == [{"start": "10.1.2.192", "end": "10.1.2.254"}]


def test_management_of_a_site_is_never_open_to_the_world(
    declared: Declared, example_city: City, tmp_path: Path
) -> None:
    declare_site(example_city, settings(), tmp_path)
    rules = [inputs for name, inputs in declared.items() if name.startswith("SecGroupRule ")]
    assert [rule["remoteIpPrefix"] for rule in rules] == ["10.1.3.0/24"]


def test_both_sites_offer_the_same_platform(declared: Declared, example_city: City, tmp_path: Path) -> None:
    platforms = []
    for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY):
        declared.clear()
        declare_site(example_city, settings(role), tmp_path)
        platforms.append({name: declared[name] for name in declared if name.startswith(("Flavor", "Image "))})
    assert platforms[0] == platforms[1]
    assert names(declared, "Image") == ["base-b4f6076eeac1"]


@pytest.mark.usefixtures("recorder")
def test_a_site_without_an_uplink_to_make_says_what_to_do(example_city: City, tmp_path: Path) -> None:
    networks = tuple(n for n in example_city.networks if n.purpose is not Purpose.PUBLIC)
    with pytest.raises(InvalidInput, match="asty:uplink"):
        declare_site(replace(example_city, networks=networks), settings(), tmp_path)


def test_an_instance_stands_on_a_port_of_its_own_with_its_data_beside_it(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal", slot=0)), settings())
    server, port = declared["Instance portal-1"], declared["Port portal-1"]
    assert server["networks"] == [{"port": "portal-1-id"}]
    assert server["schedulerHints"] == [{"group": "portal-id"}]
    assert port["fixedIps"] == [{"subnetId": "subnet-datacentre-application", "ipAddress": "10.1.1.9"}]
    assert port["securityGroupIds"] == ["portal-id", "group-management"]
    assert port["portSecurityEnabled"] is True, "switched off by hand, it is switched on by the next plan"
    assert declared["VolumeAttach portal-1-data"] == {"instanceId": "portal-1-id", "volumeId": "portal-1-data-id"}
    assert declared["Volume portal-1-data"]["availabilityZone"] == server["availabilityZone"]
    assert server["metadata"] == {
        "service": "portal",
        "tier": "2",
        "owner": "ICT",
        "site": "datacentre",
        "city": "example",
        "stack": "test",
        "port": "443",
        "fqdn": "portal.example.test",
    }
    zones = [declared[f"Instance portal-{i}"]["availabilityZone"] for i in (1, 2)]
    assert sorted(zones) == ["az1", "az2"]
    assert declared["ServerGroup portal"]["policies"] == "anti-affinity"


def test_nobody_who_stands_somewhere_is_moved_or_replaced_by_other_zones(
    recorder: Remembers, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal")), settings(released={"portal": "moved away"}))
    assert recorder.staying == {
        **{f"Instance portal-{n}": ["availabilityZone"] for n in (1, 2)},
        **{f"Volume portal-{n}-data": ["availabilityZone"] for n in (1, 2)},
        "ServerGroup portal": ["policies"],
    }


def test_what_is_declared_of_data_can_change_in_place(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal")), settings())
    assert set(declared["Volume portal-1-data"]) == {
        "name",
        "size",
        "metadata",
        "availabilityZone",
        "enableOnlineResize",
    }


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        pytest.param((1, True), "az9", id="by its disk, which stays"),
        pytest.param((1, False), "az2", id="as declared: disks have zones of their own"),
        pytest.param((0, True), "az2", id="as declared: it has no disk"),
    ],
)
def test_a_server_that_is_made_again_stands_by_its_data(
    recorder: Remembers,
    make_city: MakeCity,
    make_service: MakeService,
    disk: tuple[int, bool],
    expected: str,
) -> None:
    recorder.zone = "az9"
    told: dict[str, Any] = {}
    volume_gb, volume_zones = disk
    city = make_city(make_service("portal", instances=1, volume_gb=volume_gb))
    tell_workloads(city, settings(volume_zones=volume_zones), told)
    assert recorder.declared["Instance portal-1"]["availabilityZone"] == expected
    assert told["services"] == {"portal": [expected]}, "and so the stack tells"


def test_more_instances_than_zones_stand_as_far_apart_as_hosts_allow(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal", instances=3)), settings())
    assert declared["ServerGroup portal"]["policies"] == "soft-anti-affinity"


def test_residents_reach_a_service_by_its_name(
    declared: Declared, make_city: MakeCity, make_service: MakeService, example_city: City
) -> None:
    declare_workloads(make_city(make_service("portal", slot=0, dns_name="www")), settings())
    record = declared["RecordSet portal"]
    assert (record["name"], record["records"], record["zoneId"]) == ("www.example.test.", ["203.0.113.9"], "zone-1")
    assert declared["FloatingIp portal"]["portId"] == "portal-vip"
    assert declared["Listener portal"]["allowedCidrs"] == ["0.0.0.0/0"]
    tries_of_a_balancer = 4
    waits_ms = tries_of_a_balancer * declared["Listener portal"]["timeoutMemberConnect"]
    assert waits_ms < example_city.probing.deadline.total_seconds() * 1000, "a member that is gone fails no client"
    assert [declared[f"Member portal-{i}"]["address"] for i in (1, 2)] == ["10.1.1.9", "10.1.1.10"]


def test_ranges_are_declared_in_the_order_in_which_octavia_keeps_them(declared: Declared, thessaloniki: City) -> None:
    """Its table is ordered by their letters; another order would be a change at each `asty plan`."""
    declare_workloads(thessaloniki, settings())
    for name in names(declared, "Listener"):
        ranges = declared[f"Listener {name}"]["allowedCidrs"]
        assert ranges == sorted(ranges), name


@pytest.mark.parametrize(
    ("flows", "allowed"),
    [
        pytest.param((), ["10.1.1.8/29"], id="nobody declared: only itself"),
        pytest.param(
            (Flow(source="network:iot", port=443),), ["10.1.1.8/29", "10.1.4.0/24"], id="one network and itself"
        ),
        pytest.param((Flow(source="network:iot", port=9000),), ["10.1.1.8/29"], id="another port is not balanced"),
    ],
)
def test_an_inner_service_has_no_address_outside(
    declared: Declared, make_city: MakeCity, make_service: MakeService, flows: tuple[Flow, ...], allowed: list[str]
) -> None:
    declare_workloads(make_city(make_service("gis", slot=0, flows=flows)), settings())
    assert declared["Listener gis"]["allowedCidrs"] == allowed
    assert names(declared, "FloatingIp") == []
    assert declared["RecordSet gis"]["records"] == ["10.1.1.8"]


def test_members_take_the_balanced_port_from_the_balancer_alone(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    flows = (Flow(source="world", port=443), Flow(source="network:management", port=22))
    declare_workloads(make_city(make_service("gis", slot=0, flows=flows)), settings(SiteRole.DATACENTRE))
    rules = {
        (inputs["portRangeMin"], inputs["remoteIpPrefix"])
        for name, inputs in declared.items()
        if name.startswith("SecGroupRule ")
    }
    assert rules == {
        (443, "10.1.1.192/26"),
        (443, "10.1.1.8/29"),
        (22, "10.1.3.0/24"),
        (22, "10.10.0.0/22"),
        (22, "10.11.0.0/22"),
    }


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        pytest.param(Recovery.ACTIVE, (2, 2), id="active: servers and data in full"),
        pytest.param(Recovery.WARM, (1, 1), id="warm: one server and its data"),
        pytest.param(Recovery.PILOT_LIGHT, (0, 1), id="pilot light: the data"),
        pytest.param(Recovery.COLD, (0, 0), id="cold: nothing"),
    ],
)
def test_what_the_recovery_site_declares(
    declared: Declared, make_city: MakeCity, make_service: MakeService, recovery: Recovery, expected: tuple[int, int]
) -> None:
    servers, volumes = expected
    declare_workloads(make_city(make_service("portal", recovery=recovery)), settings(SiteRole.RECOVERY))
    assert len(names(declared, "Instance")) == len(names(declared, "Member")) == servers
    assert len(names(declared, "Volume")) == len(names(declared, "Port")) == volumes
    assert bool(names(declared, "LoadBalancer")) == bool(servers)


@pytest.mark.slow
@pytest.mark.parametrize("others", [["gis"], ["gis", "registry"], ["a", "zz"]])
def test_a_service_that_comes_or_goes_touches_no_other(
    declared: Declared, make_city: MakeCity, make_service: MakeService, others: list[str]
) -> None:
    staying = make_service("portal", slot=7)
    declare_workloads(make_city(staying), settings())
    alone = dict(declared)
    declared.clear()
    coming = [make_service(name, slot=number) for number, name in enumerate(others)]
    declare_workloads(make_city(coming[0], staying, *coming[1:]), settings())
    assert {name: declared[name] for name in alone} == alone
    assert len(declared) - 1 == (len(alone) - 1) * (len(others) + 1), "the stack reference is the only thing shared"


def test_a_service_without_data_has_no_volume(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal", volume_gb=0)), settings())
    assert names(declared, "Volume") == names(declared, "VolumeAttach") == []


@pytest.mark.usefixtures("recorder")
def test_workloads_without_their_site_name_its_command(
    site_outputs: dict[str, Any], make_city: MakeCity, make_service: MakeService
) -> None:
    site_outputs.clear()
    with pytest.raises(Exception, match="pulumi up --stack lab-datacentre"):
        declare_workloads(make_city(make_service("portal")), settings())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("released", "protected"),
    [
        pytest.param({}, {"portal", "gis"}, id="nobody said why not"),
        pytest.param({"portal": "moved away"}, {"gis"}, id="one service is released"),
        pytest.param({"*": "the site closes"}, set(), id="all are"),
        pytest.param({"other": "a slip of the pen"}, {"portal", "gis"}, id="a release that matches nothing"),
    ],
)
def test_data_volumes_are_protected_until_they_are_released(
    released: dict[str, str],
    protected: set[str],
    recorder: Remembers,
    make_city: MakeCity,
    make_service: MakeService,
) -> None:
    city = make_city(make_service("portal", slot=1), make_service("gis", slot=2))
    declare_workloads(city, settings(released=released))
    volumes = {f"Volume {service}-{n}-data" for service in protected for n in (1, 2)}
    assert recorder.protected == volumes | {f"FloatingIp {service}" for service in protected}


def test_an_address_is_released_without_the_data_behind_it(
    recorder: Remembers, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal")), settings(released_addresses={"portal": "it goes inside"}))
    assert recorder.protected == {"Volume portal-1-data", "Volume portal-2-data"}


@pytest.mark.parametrize("reason", ["", "the site closes"])
def test_what_a_site_consists_of_is_protected_until_it_is_released(
    reason: str, recorder: Remembers, example_city: City, tmp_path: Path
) -> None:
    told: dict[str, Any] = {}
    tell_site(example_city, settings(released_site=reason), tmp_path, told)
    kinds = {name.split()[0] for name in recorder.protected}
    assert kinds == (set() if reason else {"Network", "Subnet", "Router", "Zone"})
    assert len(recorder.protected) == (0 if reason else 5 + 5 + 1 + 1)
    assert [reason in note for note in told["released"]] == ([True] if reason else [])


def with_database(service: Service) -> Service:
    return replace(service, database="town", backup=Backup(to="recovery"))


@pytest.mark.parametrize("recovery", Recovery)
def test_a_database_has_a_host_of_its_own_at_both_sites_that_its_own_service_alone_reaches(
    declared: Declared, make_service: MakeService, make_city: MakeCity, recovery: Recovery
) -> None:
    city = make_city(with_database(make_service("portal", slot=0, recovery=recovery, instances=2)))
    for role, own in ((SiteRole.DATACENTRE, "10.1.1"), (SiteRole.RECOVERY, "10.2.1")):
        declared.clear()
        declare_workloads(city, settings(role))
        port, server = declared["Port portal-db"], declared["Instance portal-db"]
        assert port["fixedIps"][0]["ipAddress"] == f"{own}.15", "the last of the service's block"
        assert port["securityGroupIds"] == ["portal-db-id", "group-management"]
        assert (server["metadata"]["roles"], server["metadata"]["port"]) == ("database", "5432")
        assert declared["VolumeAttach portal-db-data"] == {
            "instanceId": "portal-db-id",
            "volumeId": "portal-db-data-id",
        }
        rules = [declared[name] for name in declared if name.startswith("SecGroupRule portal-db-")]
        assert {rule["remoteIpPrefix"] for rule in rules} == {"10.1.1.8/29", "10.2.1.8/29"}
        assert {rule["portRangeMin"] for rule in rules} == {rule["portRangeMax"] for rule in rules} == {5432}
        assert "Member portal-db" not in declared, "no balancer leads to it"


def test_every_host_of_a_service_knows_its_database_and_where_that_is(
    declared: Declared, make_service: MakeService, make_city: MakeCity
) -> None:
    warm, cold = (make_service("portal", slot=0, recovery=one) for one in (Recovery.WARM, Recovery.COLD))
    for service in (warm, cold):
        declared.clear()
        declare_workloads(make_city(with_database(service)), settings())
        told = [declared[f"Instance {name}"]["metadata"] for name in ("portal-1", "portal-db")]
        assert {(one["database"], one["database_hosts"]) for one in told} == {("town", "10.1.1.15,10.2.1.15")}
    declared.clear()
    declare_workloads(make_city(warm), settings())
    assert "database" not in declared["Instance portal-1"]["metadata"] and "Instance portal-db" not in declared


def test_the_host_of_a_database_knows_how_often_its_copies_are_made_and_for_how_long_they_stay(
    declared: Declared, make_service: MakeService, make_city: MakeCity
) -> None:
    kept = Backup(to="recovery", every=timedelta(minutes=15), keep=timedelta(days=7))
    declare_workloads(make_city(replace(with_database(make_service("portal", slot=0)), backup=kept)), settings())
    told = declared["Instance portal-db"]["metadata"]
    assert (told["backup_every"], told["backup_keep"]) == ("900", "604800")
    assert "backup_every" not in declared["Instance portal-1"]["metadata"], "no other host has to change with it"


def test_the_data_of_a_database_are_protected_and_never_empty(
    declared: Declared, recorder: Remembers, make_service: MakeService, make_city: MakeCity
) -> None:
    service = make_service("portal", volume_gb=0)
    declare_workloads(make_city(with_database(service)), settings())
    assert declared["Volume portal-db-data"]["size"] == 1
    assert "Volume portal-db-data" in recorder.protected
    assert "availabilityZone" in recorder.staying["Volume portal-db-data"]


@pytest.mark.parametrize(("away", "stays"), [({"portal"}, True), ({"identity"}, False), (set(), False)])
def test_what_a_drill_moved_to_the_other_site_is_not_turned_back(
    recorder: Remembers, make_service: MakeService, make_city: MakeCity, *, away: set[str], stays: bool
) -> None:
    declare_workloads(make_city(with_database(make_service("portal"))), settings(led_away=frozenset(away)))
    assert recorder.staying.get("RecordSet portal") == (["records", "ttl"] if stays else None)
    assert recorder.staying.get("Port portal-db") == (["adminStateUp"] if stays else None)
    assert "Port portal-1" not in recorder.staying, "no drill unplugs its members"


def test_what_hosts_are_stands_in_their_metadata(
    declared: Declared, make_service: MakeService, make_city: MakeCity
) -> None:
    declare_workloads(make_city(make_service("portal", roles=("web", "mail"))), settings())
    assert declared["Instance portal-1"]["metadata"]["roles"] == "web,mail"


def test_a_server_is_deleted_before_it_is_replaced(
    recorder: Remembers, make_city: MakeCity, make_service: MakeService
) -> None:
    """Its port carries one server at a time."""
    declare_workloads(make_city(make_service("portal")), settings())
    assert recorder.deleted_first == {"Instance portal-1", "Instance portal-2"}


@pytest.mark.slow
def test_every_resource_of_a_service_is_a_child_of_it(
    recorder: Remembers, make_city: MakeCity, make_service: MakeService
) -> None:
    declare_workloads(make_city(make_service("portal")), settings())
    whole = {name: parent for name, parent in recorder.parents.items() if not name.startswith(("Stack", "pulumi"))}
    assert {parent.partition("::")[0] for name, parent in whole.items() if name != "Workload portal"} == {
        "asty:infra:Workload",
        "asty:infra:Entrance",
    }


def test_every_resource_of_a_site_is_a_child_of_its_part(
    recorder: Remembers, example_city: City, tmp_path: Path
) -> None:
    declare_site(example_city, settings(), tmp_path)
    alone = {name for name, parent in recorder.parents.items() if not parent.startswith("asty:infra:Site")}
    assert alone - {"Stack asty-test"} == {"SiteNetwork datacentre", "SitePlatform datacentre", "Zone datacentre"}


def test_a_second_port_and_udp_get_their_way_in(
    declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    flows = (
        Flow(source="network:iot", port=443),
        Flow(source="world", port=5684, protocol="udp"),
        Flow(source="network:iot", port=9000),
        Flow(source="network:management", port=9187),
    )
    declare_workloads(make_city(make_service("iot", slot=0, flows=flows)), settings())
    listeners = {
        name: (declared[f"Listener {name}"]["protocol"], declared[f"Listener {name}"]["protocolPort"])
        for name in names(declared, "Listener")
    }
    assert listeners == {"iot": ("TCP", 443), "iot-tcp-9000": ("TCP", 9000), "iot-udp-5684": ("UDP", 5684)}
    assert declared["Listener iot-udp-5684"]["allowedCidrs"] == ["0.0.0.0/0"]
    assert declared["Listener iot"]["allowedCidrs"] == ["10.1.1.8/29", "10.1.4.0/24"]
    assert names(declared, "FloatingIp") == ["iot"], "the world comes in through one of them"
    kinds = {name: declared[f"Monitor {name}"]["type"] for name in names(declared, "Monitor")}
    assert kinds == {"iot": "TCP", "iot-tcp-9000": "TCP", "iot-udp-5684": "UDP-CONNECT"}
    methods = {name: declared[f"Pool {name}"]["lbMethod"] for name in names(declared, "Pool")}
    assert methods == {"iot": "LEAST_CONNECTIONS", "iot-tcp-9000": "LEAST_CONNECTIONS", "iot-udp-5684": "ROUND_ROBIN"}
    assert {declared[f"Member iot-{n}-udp-5684"]["protocolPort"] for n in (1, 2)} == {5684}
    rules = {
        (inputs["protocol"], inputs["portRangeMin"], inputs["remoteIpPrefix"])
        for name, inputs in declared.items()
        if name.startswith("SecGroupRule ")
    }
    assert {("udp", 5684, "10.1.1.192/26"), ("tcp", 9000, "10.1.1.192/26"), ("tcp", 9187, "10.1.3.0/24")} <= rules


ANOTHER: dict[str, Any] = {
    "instances": 3,
    "flavour": "medium",
    "image": "other",
    "volume_gb": 7,
    "port": 8443,
    "network": "data",
    "dns_name": "elsewhere",
    "flows": (Flow(source="network:iot", port=443),),
    "slot": 9,
}


ON_THE_HOSTS = {"roles"}
"""What the image holds and `asty verify` looks at: no resource of a cloud says it (tests/infra/hosts)."""


@pytest.mark.slow
@pytest.mark.parametrize("field", [one.name for one in fields(Workload) if one.name not in ON_THE_HOSTS])
def test_nothing_that_a_workload_declares_is_silently_absent(
    field: str,
    declared: Declared,
    site_outputs: dict[str, Any],
    make_city: MakeCity,
    make_service: MakeService,
) -> None:
    site_outputs["images"]["other"] = "image-other"
    declare_workloads(make_city(make_service("portal", slot=1)), settings())
    before = dict(declared)
    declared.clear()
    declare_workloads(make_city(make_service("portal", **{"slot": 1, field: ANOTHER[field]})), settings())
    assert declared != before


@pytest.mark.slow
@pytest.mark.parametrize("field", [one.name for one in fields(Flow)])
def test_nothing_that_a_flow_declares_is_silently_absent(
    field: str, declared: Declared, make_city: MakeCity, make_service: MakeService
) -> None:
    flow = Flow(source="network:iot", port=9000)
    another: dict[str, Any] = {"source": "world", "port": 9001, "protocol": "udp"}
    seen = []
    for one in (flow, replace(flow, **{field: another[field]})):
        declared.clear()
        declare_workloads(make_city(make_service("portal", flows=(one,))), settings())
        seen.append(dict(declared))
    assert seen[0] != seen[1]


@pytest.mark.parametrize(
    ("released", "told"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"portal": "moved"}, ["asty:release-volumes.portal stands (moved)"], id="one that stands"),
        pytest.param({"potral": "moved"}, ["asty:release-volumes.potral matches no data volume here"], id="a slip"),
        pytest.param({"*": "the end"}, ["asty:release-volumes.* stands (the end)"], id="all"),
    ],
)
def test_every_standing_release_is_told_and_so_is_one_that_matches_nothing(
    released: dict[str, str], told: list[str], make_city: MakeCity, make_service: MakeService
) -> None:
    found = list(workload_program.released(make_city(make_service("portal")), settings(released=released)))
    assert [note.startswith(begin) for note, begin in zip(found, told, strict=True)] == [True] * len(told)


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
def tell_site(city: City, wanted: Settings, cache: Path, told: dict[str, Any]) -> pulumi.Output[Any]:
    return pulumi.Output.all(**site_program.declare(city, wanted, cache)).apply(told.update)


def test_a_project_without_admin_uses_the_providers_flavours_and_images_by_name(
    recorder: Remembers, example_city: City, tmp_path: Path
) -> None:
    told: dict[str, Any] = {}
    wanted = settings(flavours=Origin.EXISTING, images=Origin.EXISTING)
    tell_site(example_city, wanted, tmp_path / "cache", told)
    assert names(recorder.declared, "Flavor") == names(recorder.declared, "Image") == []
    assert told["images"] == {"base": "base-of-the-provider"}
    assert told["flavours"]["small"] == "small-of-the-provider"
    asked = {(token.rpartition(":")[2], args["name"]): args for token, args in recorder.asked}
    small = next(flavour for flavour in example_city.platform.flavours if flavour.id == "small")
    found = asked["getFlavor", "small"]
    assert (found["vcpus"], found["ram"], found["disk"]) == (small.vcpus, small.ram_mb, small.disk_gb)
    assert not (tmp_path / "cache").exists(), "what the provider has is not fetched"


def test_a_site_that_makes_its_offer_asks_the_cloud_for_nothing(
    recorder: Remembers, example_city: City, tmp_path: Path
) -> None:
    declare_site(example_city, settings(), tmp_path)
    assert recorder.asked == []


_MARKED = {"Network", "Subnet", "Router", "SecGroup", "Port", "Flavor", "Zone"}
"""What stands by itself, and takes a description in the request that makes it."""


@pytest.mark.slow
def test_what_stands_by_itself_says_whose_it_is_and_which_as_it_is_made(
    declared: Declared, example_city: City, tmp_path: Path
) -> None:
    declare_site(example_city, settings(), tmp_path)
    declare_workloads(example_city, settings())
    marked = {name: inputs["description"] for name, inputs in declared.items() if name.split()[0] in _MARKED}
    assert {name.split()[0] for name in marked} == _MARKED
    for name, description in marked.items():
        assert f"asty city=example stack=test urn={name.replace(' ', '::')}" in description
        assert len(description) <= 255, "of Neutron, Nova and Designate"
