import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.fingerprint import fingerprint
from city.outcome import Status
from infra.account import Account
from infra.plan import StackPlan, Step, plain, subject

STACK = "urn:pulumi:lab::asty::pulumi:pulumi:Stack::asty-lab"
SERVER = "urn:pulumi:lab::asty::asty:infra:Workload$openstack:compute/instance:Instance::portal-1"
PORT = "urn:pulumi:lab::asty::asty:infra:Workload$openstack:networking/port:Port::portal-1"
STEP = Step(urn=PORT, op="update", type="Port")


def account(*events: tuple[str, str], ended: bool = True) -> Account:
    """The account of a run whose steps began and, unless told otherwise, ended one second later."""
    found = Account()
    for at, (urn, op) in enumerate(events):
        found.begin(urn, op, float(at))
        if ended:
            found.end(urn, at + 1.0)
    return found


def test_a_subject_is_what_an_operator_calls_it() -> None:
    assert subject(SERVER) == "Instance portal-1"
    assert subject(STACK) == "Stack asty-lab"


def test_colours_and_lines_of_a_message_go() -> None:
    assert plain("<{%fg 1%}>error: <{%reset%}>no\n  such image") == "no such image"


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        pytest.param(["same"], None, id="what stays is no step"),
        pytest.param(["refresh", "same"], None, id="nor is what was looked at"),
        pytest.param(["read"], None, id="nor what belongs to another stack"),
        pytest.param(["refresh", "create"], "create", id="what is missing is created"),
        pytest.param(["refresh", "update"], "update", id="what differs is updated"),
        pytest.param(["delete-replaced", "replace", "create-replacement"], "replace", id="three steps are one"),
        pytest.param(["delete", "create"], "replace", id="so are two"),
        pytest.param(["delete-replaced"], "replace", id="so is the first of them alone"),
    ],
)
def test_steps(ops: list[str], expected: str | None) -> None:
    steps = account(*((SERVER, op) for op in ops)).plan("lab").steps
    assert [step.op for step in steps] == ([expected] if expected else [])


def test_equal_worlds_give_equal_plans_whatever_came_first() -> None:
    one = account((SERVER, "create"), (PORT, "update"), (STACK, "same")).plan("lab")
    other = account((STACK, "same"), (PORT, "update"), (SERVER, "create")).plan("lab")
    assert one == other
    assert fingerprint(one.as_json()) == fingerprint(other.as_json())
    assert one.counts == {"create": 1, "update": 1}
    assert one.unchanged == 1


def test_of_a_new_stack_nothing_stands_though_it_looks_at_the_stack_beneath() -> None:
    """Else a new city's sites would be made one after the other."""
    beneath = "urn:pulumi:lab-workloads-recovery::asty::pulumi:pulumi:StackReference::organization/asty/lab-recovery"
    assert account((STACK, "create"), (beneath, "read"), (SERVER, "create")).plan("lab").unchanged == 0
    assert account((STACK, "same"), (beneath, "read"), (SERVER, "refresh")).plan("lab").unchanged == 2


def test_a_plan_names_properties_and_never_their_values() -> None:
    found = Account()
    found.begin(SERVER, "update", 0.0, ["metadata.owner", "flavorId"], fingerprint({"flavorId": "small"}))
    (step,) = json.loads(json.dumps(found.plan("lab").as_json()))["steps"]
    assert step["changed"] == ["flavorId", "metadata.owner"]
    assert set(step) == {"urn", "op", "type", "changed", "inputs"}
    assert "small" not in step.values()


def test_a_step_to_another_value_is_another_step() -> None:
    plans = []
    for size in (20, 30):
        found = Account()
        found.begin(SERVER, "refresh", 0.0, inputs=fingerprint({"size": 10}))
        found.begin(SERVER, "update", 1.0, ["size"], fingerprint({"size": size}))
        plans.append(found.plan("lab"))
    assert plans[0] != plans[1]


@given(events=st.permutations([("delete-replaced", ""), ("replace", "new"), ("create-replacement", "new")]))
def test_a_replacement_has_the_inputs_of_what_comes(events: list[tuple[str, str]]) -> None:
    found = Account()
    for op, inputs in events:
        found.begin(SERVER, op, 0.0, inputs=inputs)
    (step,) = found.plan("lab").steps
    assert (step.op, step.inputs) == ("replace", "new")


def test_a_plan_is_read_back_whole() -> None:
    found = Account()
    found.begin(SERVER, "update", 0.0, ["size"], "digest")
    found.begin(PORT, "same", 0.0)
    plan = found.plan("lab")
    assert StackPlan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize(
    ("op", "ended", "status"),
    [
        pytest.param("same", True, Status.OK, id="unchanged"),
        pytest.param("create", True, Status.CHANGED, id="created"),
        pytest.param("create", False, Status.UNKNOWN, id="begun and never seen to end"),
    ],
)
def test_outcomes(op: str, status: Status, *, ended: bool) -> None:
    (outcome,) = account((SERVER, op), ended=ended).outcomes("lab")
    assert outcome.status is status
    assert outcome.subject == "lab: Instance portal-1"
    assert outcome.duration_s == (1.0 if ended else 0.0)


def test_a_failure_carries_what_the_cloud_said() -> None:
    found = account((SERVER, "create"), (PORT, "same"))
    found.end(SERVER, 9.0, failed=True)
    found.error(SERVER, "No valid host was found")
    port, server = found.outcomes("lab")[1], found.outcomes("lab")[0]
    assert {port.status, server.status} == {Status.FAILED, Status.OK}
    assert "No valid host was found" in (port.reason + server.reason)
    assert found.said == "No valid host was found"


def test_all_that_was_said_against_a_run_is_told() -> None:
    found = Account()
    found.error("", "the guards refuse it")
    found.error(STACK, "exit status 1")
    assert found.said == "the guards refuse it exit status 1"


@pytest.mark.parametrize(
    "urn",
    [
        pytest.param(STACK, id="the stack itself"),
        pytest.param("urn:pulumi:lab::asty::pulumi:providers:openstack::default", id="a provider"),
        pytest.param("urn:pulumi:lab::asty::asty:infra:Workload$asty:infra:Entrance::portal", id="a component"),
    ],
)
def test_what_is_in_the_state_alone_leaves_nothing_unknown(urn: str) -> None:
    found = account((urn, "create"), ended=False)
    assert not found.begun
    assert [outcome.status for outcome in found.outcomes("lab")] == [Status.CHANGED]


@pytest.mark.parametrize(
    ("planned", "done", "status"),
    [
        pytest.param("create", "create", Status.CHANGED, id="as planned"),
        pytest.param("replace", "update", Status.CHANGED, id="less than planned: a preview cannot know all"),
        pytest.param("update", "replace", Status.UNKNOWN, id="more than planned"),
        pytest.param(None, "create", Status.UNKNOWN, id="not planned at all"),
        pytest.param(None, "same", Status.OK, id="not planned and not done"),
    ],
)
def test_what_is_done_is_held_to_the_plan(planned: str | None, done: str, status: Status) -> None:
    agreed = account(*([(SERVER, planned)] if planned else [])).plan("lab")
    (outcome,) = account((SERVER, done)).outcomes("lab", agreed)
    assert outcome.status is status
    assert ("though not planned" in outcome.reason) is (status is Status.UNKNOWN)


def test_a_failure_beyond_the_plan_is_a_failure() -> None:
    found = account((SERVER, "create"))
    found.end(SERVER, 9.0, failed=True)
    (outcome,) = found.outcomes("lab", Account().plan("lab"))
    assert outcome.status is Status.FAILED


@pytest.mark.parametrize(
    ("urn", "changed", "means"),
    [
        pytest.param(SERVER, ("imageId",), "replace", id="another image wipes a server"),
        pytest.param(SERVER, ("flavorId",), "resize", id="another flavour resizes it"),
        pytest.param(SERVER, ("imageId", "flavorId"), "replace", id="both wipe it"),
        pytest.param(SERVER, ("metadata.owner",), "update", id="its description harms nobody"),
        pytest.param(PORT, ("imageId",), "update", id="nothing but a server has a disk"),
    ],
)
def test_a_server_that_will_be_wiped_is_called_a_replacement(urn: str, changed: tuple[str, ...], means: str) -> None:
    found = Account()
    found.begin(urn, "update", 0.0, changed)
    found.end(urn, 1.0)
    planned = found.plan("lab")
    assert [step.op for step in planned.steps] == [means]
    assert [(o.status, o.reason) for o in found.outcomes("lab", planned)] == [(Status.CHANGED, means)]


def test_what_goes_beyond_a_plan_is_named() -> None:
    planned = account((SERVER, "replace")).plan("lab")
    assert planned.beyond(account((SERVER, "update")).plan("lab")) == ()
    assert [step.urn for step in planned.beyond(account((SERVER, "replace"), (PORT, "create")).plan("lab"))] == [PORT]
    assert [step.op for step in planned.beyond(account((SERVER, "delete")).plan("lab"))] == ["delete"]


@pytest.mark.parametrize(
    ("planned", "found", "said"),
    [
        pytest.param("aa", "aa", True, id="the same values"),
        pytest.param("aa", "bb", False, id="other values: somebody saved the data meanwhile"),
        pytest.param("?aa", "bb", True, id="values that nobody could know before"),
    ],
)
def test_a_step_to_other_values_goes_beyond_the_plan(planned: str, found: str, *, said: bool) -> None:
    before, now = (StackPlan(stack="lab", steps=(replace(STEP, inputs=inputs),)) for inputs in (planned, found))
    assert before.beyond(now) == (() if said else now.steps)


def test_what_a_person_should_know_is_in_the_plan_and_stays_when_it_is_kept() -> None:
    found = account((PORT, "create"))
    found.outputs = {"released": ["asty:release-volumes.portal stands"]}
    plan = found.plan("lab")
    assert plan.notes == ("asty:release-volumes.portal stands",)
    assert StackPlan.from_json(json.loads(json.dumps(plan.as_json()))) == plan
