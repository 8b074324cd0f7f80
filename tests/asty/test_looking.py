"""Every stack and every device is looked at, and what one of them is about stops no other."""

import pytest

from asty.applying import carry_out
from asty.change import Change
from asty.looking import look
from city.errors import Failed, NeedsPerson, Refused
from city.outcome import Status
from infra.plan import Step
from tests.asty.fakes import NEW, STACKS, FakeClouds, FakeDevices, entry, world


def silent(_line: str) -> None:
    pass


AWAY = ("lab-datacentre", "lab-workloads-datacentre")


EVERYTHING: dict[str, tuple[Step, ...]] = {one.name: (NEW,) for one in STACKS}


def change(clouds: FakeClouds, devices: FakeDevices) -> Change:
    return look(world(clouds, devices), silent)


def test_look_sees_every_stack_and_device() -> None:
    found = look(world(FakeClouds(steps={"lab-recovery": (NEW,)}), FakeDevices(entries=(entry("ap-1"),))), silent)
    assert [plan.stack for plan in found.stacks] == [one.name for one in STACKS]
    assert [len(plan.steps) for plan in found.stacks] == [0, 1, 0, 0]
    assert found.devices.changes == 1 and not found.nothing


def test_what_the_guards_refuse_ends_it_all() -> None:
    clouds = FakeClouds(ends={"preview lab-recovery": Refused("the declared city", "the guards refuse it", "Mend it.")})
    with pytest.raises(Refused, match="guards"):
        look(world(clouds), silent)
    assert clouds.done == []


def test_a_cloud_that_does_not_answer_leaves_a_plan_of_the_others() -> None:
    found = look(world(FakeClouds(steps=EVERYTHING, away=AWAY)), silent)
    assert [bool(plan.steps) for plan in found.stacks] == [False, True, False, True]
    assert found.unseen == ("stack lab-datacentre", "stack lab-workloads-datacentre")


def test_a_plan_of_workloads_is_made_on_what_their_site_will_offer() -> None:
    clouds = FakeClouds()
    look(world(clouds), silent)
    assert clouds.seen_through == {
        "lab-datacentre": "",
        "lab-recovery": "",
        "lab-workloads-datacentre": "lab-datacentre",
        "lab-workloads-recovery": "lab-recovery",
    }


@pytest.mark.parametrize(
    ("error", "person", "status"),
    [
        pytest.param(NeedsPerson("state file x.json", "it is torn", "Restore it."), True, Status.UNKNOWN, id="torn"),
        pytest.param(Failed("stack", "VERIFY_RESIZE", "Confirm it."), False, Status.FAILED, id="preview failed"),
    ],
)
def test_a_stack_that_cannot_be_planned_stops_that_stack_alone(
    error: Exception,
    person: bool,  # noqa: FBT001 - a table
    status: Status,
) -> None:
    clouds = FakeClouds(steps=EVERYTHING, ends={"preview lab-recovery": error})
    devices = FakeDevices(entries=(entry("ap-1"),))
    found = look(world(clouds, devices), silent)
    faults = {plan.stack: (plan.fault, plan.needs_person) for plan in found.stacks if plan.fault}
    assert faults == {"lab-recovery": (str(error), person)}
    assert found.unseen == ("stack lab-recovery",) and not found.nothing
    done = {outcome.subject: outcome.status for outcome in carry_out(found, world(clouds, devices), silent)}
    assert clouds.done == ["lab-datacentre", "lab-workloads-datacentre"]
    assert done["stack lab-recovery"] is status
    assert done["stack lab-workloads-recovery"] is Status.SKIPPED
    assert done["ap-1"] is Status.CHANGED
