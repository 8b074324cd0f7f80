"""The host of a service's database: the recovery site has to have it, its data and its group, like a member's."""

from dataclasses import replace

import pytest

from drs.check import Answer, Weight
from drs.checks import database_hosts, servers
from drs.expected import in_the_cloud, room
from drs.observed import SeenSite, known
from drs.readiness import Alone
from tests.drs import twins as example
from tests.drs.twins import RECOVERY, alone, assessed, declared, gap_of, spoilt, twins, whole, without

pytestmark = pytest.mark.usefixtures("with_databases")


def gaps(recovery: SeenSite) -> set[str]:
    return {gap.subject for gap in assessed(twins(recovery=recovery)).gaps}


def test_a_whole_site_has_no_gap_of_a_database() -> None:
    assert not any("-db" in subject for subject in gaps(whole(RECOVERY)))


@pytest.mark.parametrize(
    ("part", "subject", "problem"),
    [
        ("servers", "host of database portal", "portal-db: it is not at recovery"),
        ("volumes", "data volumes of portal", "portal-db-data: it is not at recovery"),
        ("ports", "port portal-db", "it is not at recovery"),
        ("groups", "security group portal-db", "it is not at recovery"),
    ],
)
def test_what_is_missing_of_a_database_is_a_gap_of_its_service(part: str, subject: str, problem: str) -> None:
    readiness = assessed(twins(recovery=without(part, "portal-db")))
    answer, weight, told = gap_of(readiness, subject)
    assert weight is Weight.BLOCKING and answer is not Answer.MET
    assert problem in told
    (gap,) = [gap for gap in readiness.gaps if gap.subject == subject]
    assert gap.services == {"portal"}


def test_a_database_whose_port_has_the_group_of_its_service_is_told() -> None:
    ports = tuple(
        replace(one, groups=frozenset({"portal", "recovery-management"})) if one.name == "portal-db" else one
        for one in known(whole(RECOVERY).ports)
    )
    _, _, told = gap_of(assessed(twins(recovery=spoilt(RECOVERY, ports=ports))), "port portal-db")
    assert "it lacks the security group portal-db" in told and "it has the security group portal" in told


def test_room_counts_the_host_of_the_database_and_its_volume() -> None:
    standing = declared(RECOVERY).full["portal"]
    _, workload = in_the_cloud(example.city())["portal"]
    with_it = room(example.city(), workload, standing)
    without_it = room(example.city(), workload, replace(standing, database=None, database_rules=frozenset()))
    more = {what: with_it[what] - without_it[what] for what in with_it if with_it[what] != without_it[what]}
    flavour = next(one for one in example.city().platform.flavours if one.id == workload.flavour)
    assert more == {
        "cores": flavour.vcpus,
        "ram_mb": flavour.ram_mb,
        "servers": 1,
        "volumes": 1,
        "volume_gb": 1,
        "ports": 1,
        "security_groups": 1,
        "security_group_rules": 4,
    }


def test_a_pilot_light_whose_database_streams_has_that_server_alone() -> None:
    standing = replace(declared(RECOVERY).full["portal"], entrance=None)
    assert standing.servers == ("portal-db",)
    assert standing.volumes == ("portal-1-data", "portal-2-data", "portal-db-data")


def test_members_without_their_database_serve_nobody() -> None:
    readiness = assessed(twins(recovery=without("servers", "identity-db")))
    assert alone(readiness)["identity"] is Alone.CANNOT
    assert gap_of(readiness, "host of database identity")[0] is Answer.UNMET


def test_a_database_without_its_members_serves_nobody() -> None:
    """It is none of them: no half of the service."""
    site = whole(RECOVERY)
    kept = tuple(one for one in known(site.servers) if one.name not in {"identity-1", "identity-2"})
    readiness = assessed(twins(recovery=spoilt(RECOVERY, servers=kept)))
    answer, _, problem = gap_of(readiness, "servers of identity")
    assert answer is Answer.UNMET and problem.startswith("0 of 2 stand ready")
    assert alone(readiness)["identity"] is Alone.CANNOT


def test_where_the_database_alone_shall_run_no_member_is_said_to() -> None:
    """Else the step that proves that a pilot light runs would take its database for it."""
    sites = twins()
    standing = {**sites.declared_here.standing, "portal": replace(declared(RECOVERY).full["portal"], entrance=None)}
    light = replace(sites, declared_here=replace(sites.declared_here, standing=standing))
    assert "servers of portal" not in {one.subject for one in servers.CHECK.findings(light)}
    assert "host of database portal" in {one.subject for one in database_hosts.CHECK.findings(light)}
