"""What cannot be seen is unknown: why, where to look, and nothing more."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drs.check import Answer, Weight
from drs.observed import ASKED_OF, PARTS, SeenQuota, known, unseen
from drs.readiness import Alone, Preparedness
from tests.drs.test_readiness import BLOCKING, WARNINGS
from tests.drs.twins import AWAY, DATACENTRE, RECOVERY, assessed, depending, gap_of, spoilt, twins, whole, without

TIGHT = tuple(SeenQuota(resource=r, limit=4, used=4) for r in ("cores", "ram_mb", "servers", "volumes", "volume_gb"))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_cannot_be_asked_is_unknown(part: str) -> None:
    readiness = assessed(twins(recovery=spoilt(RECOVERY, **{part: AWAY})))
    unknown = [gap for gap in readiness.gaps if gap.answer is Answer.UNKNOWN]
    assert unknown, f"nobody noticed that {part} could not be asked"
    assert readiness.verdict in {Preparedness.UNKNOWN, Preparedness.NOT_READY}
    assert twins(recovery=spoilt(RECOVERY, **{part: AWAY})).recovery.unseen == {part: "connection refused"}
    told = f"{ASKED_OF[part]} of recovery could not be asked: connection refused"
    assert {gap.problem for gap in unknown} == {told}
    assert {gap.remedy for gap in unknown} == {f"Look at {ASKED_OF[part]} of recovery, and ask again."}


@pytest.mark.parametrize("part", ["flavours", "images", "groups"])
def test_a_part_of_the_data_centre_that_cannot_be_asked_is_told_with_its_reason(part: str) -> None:
    readiness = assessed(twins(datacentre=spoilt(DATACENTRE, **{part: AWAY})))
    assert {gap.answer for gap in readiness.gaps} == {Answer.UNKNOWN}
    assert {gap.problem for gap in readiness.gaps} == {
        f"{ASKED_OF[part]} of datacentre could not be asked: connection refused"
    }


def test_a_site_of_which_nothing_can_be_asked_is_told_as_one() -> None:
    gaps = assessed(twins(recovery=unseen("recovery", "it refuses the user or the password"))).gaps
    assert {gap.problem for gap in gaps} == {"recovery could not be asked: it refuses the user or the password"}
    assert {gap.remedy for gap in gaps} == {"Look at Keystone of recovery, then at its other services, and ask again."}


def test_a_quota_that_may_be_too_small_is_unknown_where_nobody_saw_what_is_placed() -> None:
    """The servers that could not be seen may be those that would have to be made."""
    quotas = tuple(replace(quota, limit=quota.used) for quota in known(whole(RECOVERY).quotas))
    readiness = assessed(twins(recovery=spoilt(RECOVERY, quotas=quotas, servers=AWAY)))
    told = "Nova of recovery could not be asked: connection refused"
    assert gap_of(readiness, "quota of servers") == (Answer.UNKNOWN, Weight.BLOCKING, told)
    assert gap_of(readiness, "quota of volumes")[0] is Answer.UNMET


SEEN = [
    twins(),
    *(twins(**param.values[0]) for param in (*BLOCKING, *WARNINGS)),  # type: ignore[arg-type]  # a parameter's first
    twins(recovery=spoilt(RECOVERY, quotas=TIGHT)),
    twins(recovery=spoilt(RECOVERY, **dict.fromkeys(PARTS, ()))),
    depending(twins(recovery=without("servers", "identity-1")), portal=("identity", "monitoring", "job-platform")),
]
"""Sites of every kind, all of both seen."""


@pytest.mark.slow
@settings(max_examples=500)
@given(st.sampled_from(range(len(SEEN))), st.sets(st.sampled_from(PARTS)), st.sets(st.sampled_from(PARTS)))
def test_not_seeing_never_makes_it_look_better(number: int, there: set[str], here: set[str]) -> None:
    """Where parts cannot be asked, all that is said is what would be said if they could, or that nobody knows."""
    sites = SEEN[number]
    datacentre = replace(sites.datacentre, **dict.fromkeys(there, AWAY))  # type: ignore[arg-type]  # any part
    recovery = replace(sites.recovery, **dict.fromkeys(here, AWAY))  # type: ignore[arg-type]  # any part
    whole_truth, told = assessed(sites), assessed(replace(sites, datacentre=datacentre, recovery=recovery))
    truth = {check.subject: check.answer for check in whole_truth.findings}
    assert all(check.answer in {truth.get(check.subject), Answer.UNKNOWN} for check in told.findings)
    for gap in whole_truth.gaps:
        same_area = [check for check in told.gaps if check.area == gap.area]
        assert any(c.answer is Answer.UNKNOWN or c.subject == gap.subject for c in same_area), gap.subject
    assert told.verdict in {whole_truth.verdict, Preparedness.UNKNOWN}
    assert not here or told.verdict is not Preparedness.READY
    for before, after in zip(whole_truth.services, told.services, strict=True):
        assert after.alone in {before.alone, Alone.UNKNOWN}
        assert after.of - after.met >= before.of - before.met
