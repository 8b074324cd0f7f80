"""What an answer rests on: which part of a site nobody could see makes which answer unknown, and how heavy it is."""

from dataclasses import replace

from city.model.places import SiteRole
from drs.check import PLAN, Answer, Weight
from drs.checks import balancers, flavours
from drs.observed import ASKED_OF, known
from tests.drs.twins import AWAY, DATACENTRE, RECOVERY, assessed, gap_of, spoilt, twins, whole

INWARD = "identity"
"""Here it has a balancer, and no floating address."""


def unknown_balancers(part: str) -> set[str]:
    """Services whose balancer nobody knows anything of, where this part of the recovery site cannot be seen."""
    sites = twins(recovery=spoilt(RECOVERY, **{part: AWAY}))
    standing = dict(sites.declared_here.standing)
    entrance = standing[INWARD].entrance
    assert entrance is not None
    standing[INWARD] = replace(standing[INWARD], entrance=replace(entrance, floating=False))
    found = balancers.CHECK.findings(replace(sites, declared_here=replace(sites.declared_here, standing=standing)))
    return {service for one in found if one.answer is Answer.UNKNOWN for service in one.services}


def test_a_balancer_rests_on_floating_addresses_where_its_service_has_one_and_nowhere_else() -> None:
    assert unknown_balancers("balancers") == {"portal", INWARD}
    assert unknown_balancers("floating") == {"portal"}


def with_another_size(role: SiteRole) -> tuple[str, dict[str, object]]:
    first, *others = known(whole(role).flavours)
    return first.name, {"flavours": (replace(first, vcpus=first.vcpus + 1), *others)}


def test_a_flavour_of_another_size_weighs_at_the_recovery_site_and_is_a_warning_at_the_data_centre() -> None:
    name, parts = with_another_size(RECOVERY)
    assert gap_of(assessed(twins(recovery=spoilt(RECOVERY, **parts))), f"flavour {name}")[1] is Weight.BLOCKING
    name, parts = with_another_size(DATACENTRE)
    sites = twins(datacentre=spoilt(DATACENTRE, **parts))
    subject = f"flavour {name} of {sites.there.id}"
    assert gap_of(assessed(sites), subject)[:2] == (Answer.UNMET, Weight.WARNING)
    (found,) = [one for one in flavours.CHECK.findings(sites) if one.subject == subject]
    assert (found.alone, found.remedy) == (False, PLAN), "the recovery site needs nothing of it"


def test_a_quota_that_the_cloud_does_not_name_is_unknown() -> None:
    quotas = tuple(quota for quota in known(whole(RECOVERY).quotas) if quota.resource != "volumes")
    told = gap_of(assessed(twins(recovery=spoilt(RECOVERY, quotas=quotas))), "quota of volumes")
    assert told == (Answer.UNKNOWN, Weight.BLOCKING, "recovery names no quota of volumes")
    told = gap_of(assessed(twins(recovery=spoilt(RECOVERY, quotas=AWAY))), "quota of volumes")
    assert told == (
        Answer.UNKNOWN,
        Weight.BLOCKING,
        f"{ASKED_OF['quotas']} of recovery could not be asked: connection refused",
    )
