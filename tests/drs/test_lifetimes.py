"""How long resolvers keep an address that is gone, and the secrets that a probe names."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drs.check import Answer, Weight
from drs.checks import lifetimes, secrets
from drs.compared import AskedSecret, Sites
from drs.observed import SeenRecord, known
from tests.drs.twins import AWAY, DATACENTRE, spoilt, twins, whole


def kept_for(ttl_s: int | None, rto: timedelta = timedelta(minutes=30)) -> Sites:
    """Every address of the data centre's DNS is kept so long, and every service is to be back within that time."""
    records = tuple(replace(one, ttl_s=ttl_s) for one in known(whole(DATACENTRE).records))
    sites = twins(datacentre=spoilt(DATACENTRE, records=records))
    services = tuple(replace(one, rto=rto) for one in sites.city.services)
    return replace(sites, city=replace(sites.city, services=services))


def answers(sites: Sites) -> set[tuple[Answer, Weight, str]]:
    found = list(lifetimes.CHECK.findings(sites))
    assert {service for one in found for service in one.services} == {
        name for name, one in sites.declared_there.standing.items() if one.entrance
    }
    return {(one.answer, one.weight, one.problem) for one in found}


@pytest.mark.parametrize(
    ("sites", "answer", "weight", "problem"),
    [
        pytest.param(kept_for(60), Answer.MET, Weight.WARNING, "", id="as declared"),
        pytest.param(kept_for(5), Answer.MET, Weight.WARNING, "", id="shorter"),
        pytest.param(kept_for(None), Answer.MET, Weight.WARNING, "", id="the zone's own, of which names tells"),
        pytest.param(
            kept_for(300),
            Answer.UNMET,
            Weight.WARNING,
            "resolvers keep its address for 300 s, not for 60 s",
            id="longer than declared",
        ),
        pytest.param(
            kept_for(60, timedelta(seconds=59)),
            Answer.UNMET,
            Weight.BLOCKING,
            "resolvers keep its address for 60 s, and it is to be back within 59 s (RTO)",
            id="longer than it may be away",
        ),
        pytest.param(kept_for(60, timedelta(seconds=60)), Answer.MET, Weight.WARNING, "", id="just in time"),
    ],
)
def test_resolvers_ask_again_before_a_service_is_to_be_back(
    sites: Sites, answer: Answer, weight: Weight, problem: str
) -> None:
    assert answers(sites) == {(answer, weight, problem)}


def test_of_a_data_centre_that_cannot_be_asked_nobody_knows() -> None:
    (found,) = answers(twins(datacentre=spoilt(DATACENTRE, records=AWAY)))
    assert found[0] is Answer.UNKNOWN


def test_records_of_another_kind_or_name_are_not_meant() -> None:
    strange = SeenRecord(zone="example.test.", name="www.example.test.", kind="TXT", values=("x",), ttl_s=86_400)
    records = (*known(whole(DATACENTRE).records), strange)
    assert {one[0] for one in answers(twins(datacentre=spoilt(DATACENTRE, records=records)))} == {Answer.MET}


def test_a_secret_that_cannot_be_read_is_a_warning_for_who_needs_it() -> None:
    good = AskedSecret(reference="env:ONE", services=frozenset({"portal"}), problem="")
    lost = AskedSecret(reference="env:TWO", services=frozenset({"identity", "no-cloud"}), problem="it is not set")
    gone = AskedSecret(reference="env:THREE", services=frozenset({"no-cloud"}), problem="it is not set")
    found = list(secrets.CHECK.findings(replace(twins(), secrets=(good, lost, gone))))
    assert [(one.subject, one.answer, one.problem) for one in found] == [
        ("secret env:ONE", Answer.MET, ""),
        ("secret env:TWO", Answer.UNMET, "it is not set"),
    ]
    assert (found[1].services, found[1].weight) == (frozenset({"identity"}), Weight.WARNING)
    assert list(secrets.CHECK.findings(twins())) == []
