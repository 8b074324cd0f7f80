"""Before a service leaves, its files lie at the other site, so that residents wait for no volume to be fetched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from city.model.places import SiteRole
from drs.check import Answer
from drs.checklist import checklist
from drs.drill.of_city import plan_of
from drs.mode import REAL, Mode
from drs.steps.files_staged import STEP
from tests.drs.scenes import FakeGround
from tests.drs.test_files_restored import at, with_vault
from tests.drs.twins import DATACENTRE, RECOVERY, twins

BOTH = [(Mode.SWITCHOVER, RECOVERY, DATACENTRE), (Mode.FAILBACK, DATACENTRE, RECOVERY)]


def ground_of(there: SiteRole) -> FakeGround:
    ground = FakeGround(twins())
    for role, kept in ground.kept.items():
        kept.serves = role is there
    ground.kept[there].pushed = datetime.now(UTC)
    return ground


@pytest.mark.parametrize(("mode", "here", "there"), BOTH)
def test_the_copy_that_was_just_made_lies_at_the_other_site(mode: Mode, here: SiteRole, there: SiteRole) -> None:
    ground = ground_of(there)
    assert STEP.verify(at(ground, mode)).answer is Answer.UNMET
    assert STEP.do is not None
    assert STEP.do(at(ground, mode)) == f"the copies of portal-1 lie at {here.value}"
    assert (ground.kept[here].done, ground.kept[there].done) == (["wait", "stage 46c10b47"], [])
    proof = STEP.verify(at(ground, mode))
    assert proof.answer is Answer.MET and proof.reason.startswith("portal-1 has the copy of 20")
    assert (ground.kept[here].serves, ground.kept[there].serves) == (False, True)


def test_a_copy_of_earlier_counts_where_nothing_has_changed_since() -> None:
    ground = ground_of(DATACENTRE)
    here, there = ground.kept[RECOVERY], ground.kept[DATACENTRE]
    here.staged, here.staged_at = there.state, datetime.now(UTC) - timedelta(days=9)
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).answer is Answer.MET
    there.state = "as it is"
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).reason == (
        "portal-1 has no copy beside its files that was just made"
    )
    here.staged_at = datetime.now(UTC) - timedelta(minutes=14)
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).answer is Answer.MET, "they change all the time"


def test_a_host_whose_program_is_an_earlier_one_keeps_nobody_waiting() -> None:
    ground = ground_of(DATACENTRE)
    ground.kept[DATACENTRE].state = ""
    assert STEP.do is not None
    assert STEP.do(at(ground, Mode.SWITCHOVER)) == "the copies of no server lie at recovery"
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).answer is Answer.MET


def test_where_nothing_was_copied_or_nobody_serves_there_is_nothing_to_stage() -> None:
    ground = ground_of(DATACENTRE)
    ground.kept[DATACENTRE].pushed = None
    assert STEP.do is not None
    assert STEP.do(at(ground, Mode.SWITCHOVER)) == "the copies of no server lie at recovery"
    ground.kept[DATACENTRE].serves = False
    proof = STEP.verify(at(ground, Mode.SWITCHOVER))
    assert (proof.answer, proof.reason) == (Answer.MET, "recovery waits for no files of portal")
    assert not ground.kept[RECOVERY].done


def test_it_comes_after_the_copy_and_the_servers_and_before_anything_that_residents_notice() -> None:
    city = with_vault(twins().city)
    for mode in REAL:
        own = [item for item in checklist(city, mode) if item.step is STEP]
        assert [item.service for item in own] == ([] if mode is Mode.FAILOVER else ["portal"])
    tasks = plan_of(city, Mode.SWITCHOVER).by_id
    task = tasks["files_staged:portal"]
    assert (task.wave, task.approvers) == (0, 0)
    assert {"files_copied:portal", "service_runs:portal"} <= set(task.needs)
    assert "files_staged:portal" in tasks["files_restored:portal"].needs
    assert not [item for item in checklist(replace(twins().city), Mode.SWITCHOVER) if item.step is STEP]
