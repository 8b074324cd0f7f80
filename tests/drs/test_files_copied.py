"""Before a service leaves, its files are copied while it serves, so that its last copy brings little more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drs.check import Answer
from drs.checklist import checklist
from drs.drill.of_city import plan_of
from drs.mode import REAL, Mode
from drs.steps.files_copied import STEP
from tests.drs.scenes import FakeGround, scene
from tests.drs.test_files_restored import at, with_vault
from tests.drs.twins import DATACENTRE, RECOVERY, twins


@pytest.mark.parametrize(("mode", "there"), [(Mode.SWITCHOVER, DATACENTRE), (Mode.FAILBACK, RECOVERY)])
def test_who_is_about_to_leave_copies_and_goes_on_serving(mode: Mode, there: object) -> None:
    ground = FakeGround(twins())
    (leaving,) = (ground.kept[role] for role in ground.kept if role is there)
    leaving.serves = True
    assert STEP.verify(at(ground, mode)).answer is Answer.UNMET
    assert STEP.do is not None and STEP.do(at(ground, mode)) == "portal-1 copied its files"
    assert (leaving.done, leaving.serves) == (["push"], True)
    proof = STEP.verify(at(ground, mode))
    assert proof.answer is Answer.MET and proof.reason.startswith("portal-1 copied its files at 20")
    (other,) = (kept for kept in ground.kept.values() if kept is not leaving)
    assert not other.done, "nobody copies at the site that it moves to"


def test_a_copy_of_earlier_does_not_count_and_who_has_left_has_made_the_last_one() -> None:
    ground = FakeGround(twins())
    leaving = ground.kept[DATACENTRE]
    for age, answer in ((timedelta(minutes=9), Answer.MET), (timedelta(minutes=11), Answer.UNMET)):
        leaving.pushed = datetime.now(UTC) - age
        assert STEP.verify(at(ground, Mode.SWITCHOVER)).answer is answer
    leaving.serves = False
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).answer is Answer.MET


def test_it_is_done_ahead_for_all_at_once_and_nobody_agrees_to_it() -> None:
    city = with_vault(twins().city)
    for mode in REAL:
        own = [item for item in checklist(city, mode) if item.step is STEP]
        assert [item.service for item in own] == ([] if mode is Mode.FAILOVER else ["portal"])
    tasks = plan_of(city, Mode.SWITCHOVER).by_id
    assert (tasks["files_copied:portal"].wave, tasks["files_copied:portal"].approvers) == (0, 0)
    assert "files_copied:portal" in tasks["files_staged:portal"].needs
    assert not [item for item in checklist(replace(twins().city), Mode.SWITCHOVER) if item.step is STEP]


def test_whom_nobody_reaches_has_copied_nothing_that_is_known() -> None:
    ground = FakeGround(twins())
    ground.kept[DATACENTRE].gone = True
    with pytest.raises(Exception, match="does not answer"):
        STEP.verify(scene(ground.sites, "portal", Mode.SWITCHOVER, ground))
