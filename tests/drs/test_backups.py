"""Readiness asks for the backups that services declare."""

from dataclasses import replace
from datetime import timedelta

import pytest

from city.model.services import Backup, Recovery
from drs.check import Answer, Weight
from drs.checks.backups import CHECK
from drs.compared import Sites
from drs.observed import SeenVolume, known
from tests.drs.twins import AWAY, NOW, RECOVERY, spoilt, twins, whole

BACKUP = Backup(to="recovery", every=timedelta(hours=1))


def keeping(sites: Sites, service: str, backup: Backup | None = BACKUP, **changes: object) -> Sites:
    """The sites of a city in which this service alone declares a backup, and none has a database unless it is given."""
    services = tuple(
        replace(one, **{"backup": backup, "database": "", **changes})  # type: ignore[arg-type]  # each its own
        if one.id == service
        else replace(one, backup=None, database="")
        for one in sites.city.services
    )
    return replace(sites, city=replace(sites.city, services=services))


def told(sites: Sites) -> list[tuple[str, Answer, Weight, str]]:
    return [(one.subject, one.answer, one.weight, one.problem) for one in CHECK.findings(sites)]


def copied(age: timedelta, *, copy_of: str = "datacentre/portal-2-data", ready: bool = True) -> SeenVolume:
    return SeenVolume(name="somewhere", service="portal", size_gb=1, ready=ready, copy_of=copy_of, data_as_of=NOW - age)


def test_who_declares_no_backup_is_not_asked_for_one() -> None:
    assert told(keeping(twins(), "nobody")) == []


def test_a_copy_that_is_as_young_as_declared_is_a_backup() -> None:
    assert told(keeping(twins(), "portal")) == [("backups of portal", Answer.MET, Weight.WARNING, "")]


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        pytest.param(timedelta(hours=1), Answer.MET, id="just young enough"),
        pytest.param(timedelta(hours=1, seconds=1), Answer.UNMET, id="late"),
        pytest.param(timedelta(seconds=-1), Answer.UNMET, id="of a moment to come"),
    ],
)
def test_the_newest_copy_counts(age: timedelta, answer: Answer) -> None:
    there = known(whole(RECOVERY).volumes)
    old = [replace(one, data_as_of=NOW - timedelta(days=1)) for one in there if one.service == "portal"]
    sites = keeping(twins(recovery=spoilt(RECOVERY, volumes=(*old, copied(age)))), "portal")
    assert [found[1] for found in told(sites)] == [answer]


@pytest.mark.parametrize(
    "volumes",
    [
        pytest.param((), id="none"),
        pytest.param((copied(timedelta(), copy_of="datacentre/identity-1-data"),), id="another service's"),
        pytest.param((copied(timedelta(), copy_of="recovery/portal-1-data"),), id="of the recovery site itself"),
        pytest.param((copied(timedelta(), ready=False),), id="one that is still being made"),
    ],
)
def test_without_a_copy_nobody_knows(volumes: tuple[SeenVolume, ...]) -> None:
    """It may be kept where no cloud shows it."""
    sites = keeping(twins(recovery=spoilt(RECOVERY, volumes=volumes)), "portal")
    [(_, answer, weight, problem)] = told(sites)
    assert (answer, weight, problem) == (
        Answer.UNKNOWN,
        Weight.WARNING,
        "nobody saw a copy of any volume of portal at recovery",
    )


def test_a_cold_service_is_made_of_its_backup_alone() -> None:
    [(_, answer, weight, _)] = told(keeping(twins(), "monitoring"))
    assert (answer, weight) == (Answer.UNKNOWN, Weight.BLOCKING)


def test_a_database_is_nothing_that_a_cloud_shows() -> None:
    sites = keeping(replace(twins(), databases=()), "portal", database="portal", recovery=Recovery.COLD)
    why = "its hosts did not tell: nobody asked its host"
    assert told(sites)[:2] == [
        ("backups of database portal", Answer.UNKNOWN, Weight.BLOCKING, why),
        ("restore of database portal", Answer.UNKNOWN, Weight.BLOCKING, why),
    ]


def test_no_member_has_the_copy_of_a_database() -> None:
    volumes = (copied(timedelta(), copy_of="datacentre/portal-db-data"),)
    [(_, answer, _, _)] = told(keeping(twins(recovery=spoilt(RECOVERY, volumes=volumes)), "portal"))
    assert answer is Answer.UNKNOWN


def test_who_has_no_volume_has_no_copy_of_one() -> None:
    workload = twins().city.service("portal").workload
    assert workload is not None
    bare = replace(workload, volume_gb=0)
    assert told(keeping(twins(), "portal", workload=bare)) == []


def test_where_the_volumes_were_not_seen_nobody_knows() -> None:
    [(_, answer, _, problem)] = told(keeping(twins(recovery=spoilt(RECOVERY, volumes=AWAY)), "portal"))
    assert answer is Answer.UNKNOWN and "could not be asked: connection refused" in problem


def test_a_site_to_which_no_copies_go_is_not_asked() -> None:
    """As when the sites have changed their parts: then the copies stand beside the data."""
    assert told(keeping(twins(), "portal", Backup(to="datacentre"))) == []
