"""A change is carried out in its order, and nothing begins after a failure."""

import threading
from dataclasses import replace

import pytest

from asty.applying import carry_out
from asty.change import Change
from asty.looking import look
from city.errors import ExitCode, Failed, NeedsPerson
from city.outcome import Status, exit_code
from infra.plan import Step
from tests.asty.fakes import NEW, STACKS, FakeClouds, FakeDevices, entry, world


def silent(_line: str) -> None:
    pass


AWAY = ("lab-datacentre", "lab-workloads-datacentre")


EVERYTHING: dict[str, tuple[Step, ...]] = {one.name: (NEW,) for one in STACKS}


def change(clouds: FakeClouds, devices: FakeDevices) -> Change:
    return look(world(clouds, devices), silent)


def test_the_recovery_site_never_changes_at_the_same_moment_as_the_data_centre() -> None:
    clouds = FakeClouds(steps=EVERYTHING)
    at_work: list[int] = []
    clouds.meanwhile = lambda: at_work.append(threading.active_count())
    carry_out(change(clouds, FakeDevices()), world(clouds), silent)
    assert clouds.done == ["lab-recovery", "lab-workloads-recovery", "lab-datacentre", "lab-workloads-datacentre"]
    assert len(set(at_work)) == 1, "nobody else is at work while one is"


def test_what_spoils_the_recovery_site_never_reaches_the_data_centre() -> None:
    clouds = FakeClouds(steps=EVERYTHING, ends={"lab-workloads-recovery": Status.FAILED})
    done = carry_out(change(clouds, FakeDevices()), world(clouds), silent)
    assert clouds.done == ["lab-recovery", "lab-workloads-recovery"]
    assert [o.subject for o in done if o.status is Status.SKIPPED][:2] == [
        "stack lab-datacentre",
        "stack lab-workloads-datacentre",
    ]


def test_sites_of_which_nothing_stands_are_made_side_by_side_and_devices_last() -> None:
    clouds, devices = FakeClouds(steps=EVERYTHING, unchanged=0), FakeDevices(entries=(entry("ap-1"),))
    done = carry_out(change(clouds, devices), world(clouds, devices), silent)
    assert set(clouds.done[:2]) == {"lab-datacentre", "lab-recovery"}
    assert set(clouds.done[2:]) == {"lab-workloads-datacentre", "lab-workloads-recovery"}
    assert [outcome.subject for outcome in done][-1] == "ap-1"
    assert exit_code(done) is ExitCode.DONE


def test_each_stack_is_held_to_what_was_planned_for_it() -> None:
    clouds = FakeClouds(steps={"lab-recovery": (NEW,), "lab-workloads-recovery": (replace(NEW, op="delete"),)})
    planned = change(clouds, FakeDevices())
    clouds.steps = EVERYTHING
    carry_out(planned, world(clouds), silent)
    assert {plan.stack: plan for plan in clouds.held} == {plan.stack: plan for plan in planned.stacks if plan.steps}


def test_a_stack_without_steps_is_left_alone() -> None:
    clouds = FakeClouds(steps={"lab-recovery": (NEW,)})
    carry_out(change(clouds, FakeDevices()), world(clouds), silent)
    assert clouds.done == ["lab-recovery"]


def test_a_site_out_of_reach_holds_up_nobody_else() -> None:
    clouds = FakeClouds(steps=EVERYTHING, away=AWAY)
    devices = FakeDevices(entries=(entry("ap-1"),))
    done = carry_out(change(clouds, devices), world(clouds, devices), silent)
    assert clouds.done == ["lab-recovery", "lab-workloads-recovery"]
    told = {outcome.subject: (outcome.status, outcome.reason) for outcome in done}
    assert told["stack lab-datacentre"] == told["stack lab-workloads-datacentre"]
    assert told["stack lab-datacentre"] == (Status.FAILED, "nothing listens there")
    assert told["ap-1"][0] is Status.CHANGED
    assert exit_code(done) is ExitCode.FAILED


def test_what_stands_on_a_site_out_of_reach_is_left() -> None:
    """Its image service is silent, say, which workloads need only when they are made."""
    clouds = FakeClouds(steps=EVERYTHING, away=("lab-datacentre",))
    done = carry_out(change(clouds, FakeDevices()), world(clouds), silent)
    assert set(clouds.done) == {"lab-recovery", "lab-workloads-recovery"}
    told = {outcome.subject: (outcome.status, outcome.reason) for outcome in done}
    assert told["stack lab-workloads-datacentre"] == (
        Status.SKIPPED,
        "its site is out of reach; plan and apply again",
    )


def test_a_site_is_brought_up_under_workloads_that_are_out_of_reach() -> None:
    clouds = FakeClouds(steps=EVERYTHING, away=("lab-workloads-datacentre",))
    done = carry_out(change(clouds, FakeDevices()), world(clouds), silent)
    assert set(clouds.done) == {"lab-datacentre", "lab-recovery", "lab-workloads-recovery"}
    assert exit_code(done) is ExitCode.FAILED


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(Status.FAILED, ExitCode.FAILED, id="a resource failed"),
        pytest.param(Status.UNKNOWN, ExitCode.UNKNOWN, id="a resource is unknown"),
        pytest.param(Failed("stack", "it broke", "Look."), ExitCode.FAILED, id="the run could not be done"),
        pytest.param(NeedsPerson("stack", "it was cut off", "Look."), ExitCode.UNKNOWN, id="the run was cut off"),
    ],
)
def test_nothing_begins_after_a_failure(end: Status | Exception, code: ExitCode) -> None:
    clouds = FakeClouds(steps=EVERYTHING, ends={"lab-recovery": end}, unchanged=0)
    devices = FakeDevices(entries=(entry("ap-1"),))
    done = carry_out(change(clouds, devices), world(clouds, devices), silent)
    assert set(clouds.done) == {"lab-datacentre", "lab-recovery"}, "its neighbour had begun, the next wave had not"
    assert devices.pushed == []
    skipped = {outcome.subject for outcome in done if outcome.status is Status.SKIPPED}
    assert skipped == {"stack lab-workloads-datacentre", "stack lab-workloads-recovery", "device ap-1"}
    assert exit_code(done) is code
