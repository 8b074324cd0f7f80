"""The host of a service's database: the recovery site has to have it, its data and its group, like a member's."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from city.load import load
from drs.check import Answer, Weight
from drs.expected import in_the_cloud, room
from drs.observed import SeenSite, known
from tests.drs import twins as example
from tests.drs.twins import EXAMPLE, RECOVERY, assessed, declared, gap_of, spoilt, twins, whole, without


@pytest.fixture(autouse=True)
def _with_databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    city = load(EXAMPLE)
    monkeypatch.setattr(example, "city", lambda: city)
    example.declared.cache_clear()
    yield
    example.declared.cache_clear()


def gaps(recovery: SeenSite) -> set[str]:
    return {gap.subject for gap in assessed(twins(recovery=recovery)).gaps}


def test_a_whole_site_has_no_gap_of_a_database() -> None:
    assert not any("-db" in subject for subject in gaps(whole(RECOVERY)))


@pytest.mark.parametrize(
    ("part", "subject", "problem"),
    [
        ("servers", "servers of portal", "portal-db: it is not at recovery"),
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
