"""The site that was left is warm again: the next loss must not find its programs ended."""

import pytest

from city.model.places import SiteRole
from drs.check import Answer
from drs.checklist import checklist
from drs.drill.of_city import plan_of
from drs.mode import REAL, Mode
from drs.steps.stands_by import STEP
from tests.drs.scenes import FakeGround
from tests.drs.test_files_restored import at, with_vault
from tests.drs.twins import DATACENTRE, RECOVERY, twins


@pytest.mark.parametrize(("mode", "there"), [(Mode.SWITCHOVER, DATACENTRE), (Mode.FAILBACK, RECOVERY)])
def test_programs_that_ended_for_the_last_copy_run_again_and_wait(mode: Mode, there: SiteRole) -> None:
    ground = FakeGround(twins())
    left = ground.kept[there]
    left.leave({})
    assert STEP.verify(at(ground, mode)).reason == f"the programs of portal-1 at {there.value} have ended"
    assert STEP.do is not None
    STEP.do(at(ground, mode))
    assert (left.done, left.serves) == (["leave", "wait"], False)
    proof = STEP.verify(at(ground, mode))
    assert (proof.answer, proof.reason) == (Answer.MET, "portal-1 waits for files, its programs run")


def test_who_still_says_that_it_serves_stands_not_by() -> None:
    ground = FakeGround(twins())
    ground.kept[DATACENTRE].serves = True
    proof = STEP.verify(at(ground, Mode.SWITCHOVER))
    assert (proof.answer, proof.reason) == (Answer.UNMET, "portal-1 at datacentre says that it serves")


def test_it_is_of_services_that_write_files_alone_and_nobody_waits_for_it() -> None:
    city = with_vault(twins().city)
    for mode in REAL:
        own = [item.service for item in checklist(city, mode) if item.step is STEP]
        assert own == ([] if mode is Mode.FAILOVER else ["portal"])
    task = plan_of(city, Mode.SWITCHOVER).by_id["stands_by:portal"]
    assert task.afterwards and task.approvers == 0
    assert not [item for item in checklist(twins().city, Mode.SWITCHOVER) if item.step is STEP], "without a vault"
