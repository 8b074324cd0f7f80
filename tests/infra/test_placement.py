from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Recovery, Service
from infra.placement import members, placed, runs, standing_at

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        pytest.param(Recovery.ACTIVE, (3, True), id="active stands there in full"),
        pytest.param(Recovery.WARM, (1, True), id="warm is one instance"),
        pytest.param(Recovery.PILOT_LIGHT, (1, False), id="pilot light is data that nothing runs on"),
        pytest.param(Recovery.COLD, (0, False), id="cold is nothing"),
    ],
)
def test_what_waits_at_the_recovery_site(
    make_service: MakeService, recovery: Recovery, expected: tuple[int, bool]
) -> None:
    service = make_service("portal", recovery=recovery, instances=3)
    assert (members(service, SiteRole.RECOVERY), runs(service, SiteRole.RECOVERY)) == expected


@pytest.mark.parametrize("recovery", list(Recovery))
def test_the_data_centre_runs_everything_in_full(
    make_service: MakeService, make_city: MakeCity, recovery: Recovery
) -> None:
    (placement,) = placed(make_city(make_service("portal", recovery=recovery, instances=3)), SiteRole.DATACENTRE)
    assert (placement.members, placement.running) == (3, True)


def test_a_service_without_a_workload_stands_nowhere(make_service: MakeService, make_city: MakeCity) -> None:
    city = make_city(replace(make_service("portal"), workload=None))
    assert placed(city, SiteRole.DATACENTRE) == placed(city, SiteRole.RECOVERY) == ()


services = st.lists(
    st.tuples(
        st.from_regex(r"[a-z][a-z0-9]{0,11}", fullmatch=True),
        st.sampled_from(list(Recovery)),
        st.integers(1, 7),
    ),
    unique_by=lambda drawn: drawn[0],
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=services, role=st.sampled_from([SiteRole.DATACENTRE, SiteRole.RECOVERY]))
def test_zones_are_used_evenly_and_nobody_moves_another(
    make_service: MakeService, make_city: MakeCity, drawn: list[tuple[str, Recovery, int]], role: SiteRole
) -> None:
    city = make_city(*(make_service(name, recovery=recovery, instances=count) for name, recovery, count in drawn))
    together = placed(city, role)
    for placement in together:
        used = [placement.zones.count(zone) for zone in city.site_of(role).zones]
        assert max(used) - min(used) <= 1
        assert placed(replace(city, services=(placement.service,)), role) == (placement,)


@pytest.mark.parametrize("recovery", Recovery)
def test_a_database_runs_at_both_sites_whatever_else_of_its_service_stands(
    make_service: MakeService, make_city: MakeCity, recovery: Recovery
) -> None:
    service = replace(make_service("portal", recovery=recovery, instances=2), database="town")
    city = make_city(service)
    (here,) = placed(city, SiteRole.DATACENTRE)
    assert (here.database_host, here.database_volume) == ("portal-db", "portal-db-data")
    assert here.every_server == ("portal-1", "portal-2", "portal-db") and here.every_volume[-1] == "portal-db-data"
    assert [site.role for site in standing_at(city, service)] == [SiteRole.DATACENTRE, SiteRole.RECOVERY]
    (far,) = placed(city, SiteRole.RECOVERY)
    assert far.every_server[-1] == "portal-db" and far.database_zone in city.site_of(SiteRole.RECOVERY).zones
    assert ("portal-1" in far.every_server) is (recovery in {Recovery.ACTIVE, Recovery.WARM})
