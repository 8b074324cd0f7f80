from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from city.errors import Refused
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Flow, Recovery, Service, Tier
from infra.addresses import BLOCK_SIZE, slot
from infra.blocks import block_of
from infra.guards import Finding, findings, refuse

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]
DC, RECOVERY = SiteRole.DATACENTRE, SiteRole.RECOVERY


def keys(city: City, role: SiteRole = DC, released: dict[str, str] | None = None) -> list[str]:
    return [finding.key for finding in findings(city, role, released or {})]


@pytest.mark.parametrize("city_name", ["example_city", "thessaloniki"])
@pytest.mark.parametrize("role", [DC, RECOVERY])
def test_the_cities_of_the_repository_pass(city_name: str, role: SiteRole, request: pytest.FixtureRequest) -> None:
    assert findings(request.getfixturevalue(city_name), role, {}) == ()


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        pytest.param(Flow(source="world", port=22), ["management/portal-22"], id="SSH from the world"),
        pytest.param(Flow(source="128.0.0.0/1", port=22), ["management/portal-22"], id="half of the world"),
        pytest.param(Flow(source="network:iot", port=22), ["management/portal-22"], id="SSH from the devices"),
        pytest.param(Flow(source="network:application", port=6379), ["management/portal-6379"], id="a cache"),
        pytest.param(Flow(source="world", port=5432), ["management/portal-5432"], id="a database"),
        pytest.param(Flow(source="world", port=9200), ["management/portal-9200"], id="a search engine"),
        pytest.param(Flow(source="world", port=2379), ["management/portal-2379"], id="etcd"),
        pytest.param(Flow(source="network:iot", port=3389), ["management/portal-3389"], id="RDP"),
        pytest.param(Flow(source="service:portal", port=5432), [], id="a service may reach a database"),
        pytest.param(Flow(source="service:portal", port=22), ["management/portal-22"], id="but open no shell"),
        pytest.param(Flow(source="10.1.3.128/25", port=22), [], id="a part of the management network"),
        pytest.param(Flow(source="world", port=161, protocol="udp"), ["management/portal-161"], id="SNMP too"),
        pytest.param(Flow(source="network:management", port=22), [], id="SSH from the management network is fine"),
        pytest.param(Flow(source="world", port=8443), [], id="what is no management port is the service's own matter"),
    ],
)
def test_management_ports(make_service: MakeService, make_city: MakeCity, flow: Flow, expected: list[str]) -> None:
    """Judged by what they open, whatever their source is called."""
    assert sorted(set(keys(make_city(make_service("portal", flows=(flow,)))))) == expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    tier: Tier = Tier.CRITICAL
    instances: int = 2
    recovery: Recovery = Recovery.WARM
    role: SiteRole = DC


@pytest.mark.parametrize(
    ("standing", "refused"),
    [
        pytest.param(Standing(instances=1), True, id="one instance is one zone"),
        pytest.param(Standing(), False, id="two instances are two zones"),
        pytest.param(Standing(tier=Tier.IMPORTANT, instances=1), False, id="tier 2 may stand in one"),
        pytest.param(Standing(role=RECOVERY), False, id="a standby may stand in one"),
        pytest.param(Standing(role=RECOVERY, instances=1, recovery=Recovery.ACTIVE), True, id="an active one may not"),
        pytest.param(Standing(role=RECOVERY, instances=1, recovery=Recovery.PILOT_LIGHT), False, id="data alone may"),
    ],
)
def test_single_zone(make_service: MakeService, make_city: MakeCity, standing: Standing, *, refused: bool) -> None:
    service = make_service("portal", tier=standing.tier, instances=standing.instances, recovery=standing.recovery)
    assert keys(make_city(service), standing.role) == (["single-zone/portal"] if refused else [])


def test_a_site_with_one_zone_is_found_out(make_service: MakeService, make_city: MakeCity) -> None:
    city = make_city(make_service("portal", tier=Tier.CRITICAL))
    sites = tuple(replace(site, zones=site.zones[:1]) for site in city.sites)
    assert keys(replace(city, sites=sites)) == ["single-zone/portal"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"service_id": "x" * 62}, ["name/" + "x" * 62], id="an instance's name would be too long"),
        pytest.param({"service_id": "gis", "dns_name": "Gis_1"}, ["name/gis"], id="an underscore is no host name"),
        pytest.param({"service_id": "x" * 61}, [], id="as long as can be"),
    ],
)
def test_names(make_service: MakeService, make_city: MakeCity, changes: dict[str, str], expected: list[str]) -> None:
    changes = {"dns_name": "portal", **changes}
    assert keys(make_city(make_service(**changes))) == expected


def test_two_services_on_one_block_are_refused_with_a_free_one_to_take(
    make_service: MakeService, make_city: MakeCity
) -> None:
    city = make_city(make_service("portal", slot=4), make_service("gis", slot=4))
    (found,) = findings(city, DC, {})
    assert found.key == "address/gis"
    assert found.final
    assert "block 4 of datacentre-application, and so does portal" in found.problem
    assert "slot: 0" in found.remedy
    assert keys(make_city(make_service("portal", slot=4), make_service("gis", slot=0))) == []


def test_whoever_declared_its_block_keeps_it_and_the_other_makes_room(
    make_service: MakeService, make_city: MakeCity
) -> None:
    number = slot("portal", None, IPv4Network("10.1.1.0/24"))
    city = make_city(make_service("gis", slot=number), make_service("portal"))
    assert keys(city) == []
    site = city.site_of(DC)
    gis, portal = (block_of(city, site, service).cidr for service in city.services)
    assert int(portal[0]) - int(gis[0]) == BLOCK_SIZE


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"slot": 23}, id="a block beyond the network"),
        pytest.param({"instances": 8}, id="more instances than a block holds"),
    ],
)
def test_addresses_beyond_reach(make_service: MakeService, make_city: MakeCity, changes: dict[str, int]) -> None:
    assert keys(make_city(make_service("portal", **changes))) == ["address/portal"]


def test_a_database_takes_the_address_of_a_seventh_instance(make_service: MakeService, make_city: MakeCity) -> None:
    (found,) = findings(make_city(replace(make_service("portal", instances=7), database="town")), DC, {})
    assert found.key == "address/portal" and "a block of addresses holds 6 beside its database" in found.problem
    assert keys(make_city(replace(make_service("portal", instances=6), database="town"))) == []


def test_a_network_without_blocks_is_found_out(make_service: MakeService, make_city: MakeCity) -> None:
    city = make_city(make_service("portal"))
    networks = tuple(replace(n, cidr=IPv4Network((n.cidr.network_address, 28))) for n in city.networks)
    (found,) = findings(replace(city, networks=networks), DC, {})
    assert "has 0 of them" in found.problem


def test_addresses_are_checked_of_cold_services_too(make_service: MakeService, make_city: MakeCity) -> None:
    services = (make_service(name, slot=1, recovery=Recovery.COLD) for name in ("portal", "gis"))
    assert keys(make_city(*services), RECOVERY) == ["address/gis"]


def test_a_device_stands_at_no_address_that_the_cloud_hands_out(example_city: City) -> None:
    """The last quarter of a network in a cloud is its own; a network of the street is nobody's but the devices'."""
    core, *others = example_city.switches
    below, within = (
        replace(example_city, switches=(replace(core, address=IPv4Address(address)), *others))
        for address in ("10.1.3.191", "10.1.3.192")
    )
    assert keys(below) == []
    (found,) = findings(within, DC, {})
    assert found.key == f"address/{core.id}" and "hands out address 10.1.3.192" in found.problem and found.final


def test_a_release_needs_its_reason(make_service: MakeService, make_city: MakeCity) -> None:
    city = make_city(make_service("portal"))
    assert keys(city, released={"portal": " "}) == ["unprotected-volumes/portal"]
    assert keys(city, released={"portal": "moved to the new platform"}) == []


FOUND = Finding(guard="single-zone", subject="portal", problem="it stands in az1 alone", remedy="Add an instance.")


@pytest.mark.parametrize(
    ("finding", "overrides", "refused"),
    [
        pytest.param(FOUND, {}, True, id="nobody overrode it"),
        pytest.param(FOUND, {"single-zone/portal": ""}, True, id="an override without a reason is none"),
        pytest.param(FOUND, {"single-zone/gis": "because"}, True, id="one for another service is none either"),
        pytest.param(FOUND, {"single-zone/portal": "until March"}, False, id="a reason lifts it"),
        pytest.param(replace(FOUND, final=True), {"single-zone/portal": "until March"}, True, id="what cannot work"),
    ],
)
def test_overrides(finding: Finding, overrides: dict[str, str], *, refused: bool) -> None:
    if not refused:
        assert refuse([finding], overrides) == ("single-zone/portal: until March",)
        return
    with pytest.raises(Refused, match="it stands in az1 alone") as caught:
        refuse([finding], overrides)
    assert ("pulumi config set" in str(caught.value)) is not finding.final


def test_no_finding_refuses_nothing() -> None:
    assert refuse([], {"single-zone/portal": "forgotten since"}) == ()
