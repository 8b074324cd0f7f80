"""What a run of Pulumi's comes to, from its own events to our outcomes, on a `pulumi` that does as it is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from openstack.exceptions import SDKException

from city.errors import Failed, Refused
from city.model.city import City
from city.outcome import Outcome, Status
from infra import automation, healing, preparing, runs
from infra.plan import NOT_YET_KNOWN, StackPlan, Step
from infra.project import Project
from infra.stacks import Stack, stacks
from tests.infra.fake_pulumi import began, done, error, project, summary, urn

pytestmark = pytest.mark.slow
"""Each starts a program that stands in for Pulumi."""

ROOT = "urn:pulumi:lab::asty::pulumi:pulumi:Stack::asty-lab"
SERVER = urn("compute/instance:Instance", "portal-1")
PORT = urn("networking/port:Port", "portal-1")
VOLUME = urn("blockstorage/volume:Volume", "portal-1-data")
Run = Callable[[Stack, Project], list[Outcome]]


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


def told(outcomes: list[Outcome]) -> dict[str, Status]:
    return {outcome.subject.rpartition(": ")[2]: outcome.status for outcome in outcomes}


@pytest.mark.parametrize("run", [automation.up, automation.destroy])
def test_what_was_seen_of_a_run_that_was_killed_is_told(run: Run, tmp_path: Path, stack: Stack) -> None:
    events = [*done("refresh", VOLUME), *done("create", PORT), began("create", SERVER)]
    outcomes = run(stack, project(tmp_path, stack, *events, ends="killed"))
    assert told(outcomes) == {
        "Port portal-1": Status.CHANGED,
        "Instance portal-1": Status.UNKNOWN,
        "Volume portal-1-data": Status.OK,
        f"stack {stack.name}": Status.UNKNOWN,
    }
    assert "-9" in outcomes[-1].evidence


@pytest.mark.parametrize("run", [automation.up, automation.destroy])
def test_a_run_that_never_began_failed(run: Run, tmp_path: Path, stack: Stack) -> None:
    with pytest.raises(Failed):
        run(stack, project(tmp_path, stack, ends="killed"))


def test_a_preview_that_was_killed_is_no_plan(tmp_path: Path, stack: Stack) -> None:
    with pytest.raises(Failed):
        automation.preview(stack, project(tmp_path, stack, *done("create", PORT), ends="killed"))


def test_what_the_program_says_in_the_middle_does_not_hide_what_was_done(tmp_path: Path, stack: Stack) -> None:
    events = [*done("create", ROOT), *done("create", PORT), error("it offers no networks", ROOT)]
    outcomes = automation.up(stack, project(tmp_path, stack, *events, ends=255))
    assert told(outcomes)["Port portal-1"] is Status.CHANGED
    assert (outcomes[-1].status, outcomes[-1].reason) == (Status.FAILED, "it offers no networks")


def test_a_guard_that_refuses_a_new_stack_is_no_failure(tmp_path: Path, stack: Stack) -> None:
    events = [*done("create", ROOT), *done("refresh", PORT), error("the guards refuse it: portal", ROOT)]
    with pytest.raises(Refused, match="portal"):
        automation.up(stack, project(tmp_path, stack, *events, ends=255))


def test_what_was_done_beyond_the_plan_is_unknown(tmp_path: Path, stack: Stack) -> None:
    planned = StackPlan(stack=stack.name, steps=(Step(urn=PORT, op="create", type="Port"),), unchanged=1)
    fake = project(tmp_path, stack, *done("create", PORT), *done("create", SERVER), *done("same", VOLUME))
    outcomes = automation.up(stack, fake, planned=planned)
    assert told(outcomes) == {
        "Port portal-1": Status.CHANGED,
        "Instance portal-1": Status.UNKNOWN,
        "Volume portal-1-data": Status.OK,
    }
    (beyond,) = (outcome for outcome in outcomes if outcome.status is Status.UNKNOWN)
    assert beyond.reason == "create: done though not planned; look at it"


@pytest.mark.parametrize(
    ("said", "doing", "remedy"),
    [
        pytest.param(
            f"unable to replace resource {VOLUME!r}\nas it is currently marked for protection. To unprotect it, ...",
            "replace 1 protected data volumes, the first Volume portal-1-data",
            "Do not release them",
            id="replaced",
        ),
        pytest.param(
            f"resource {VOLUME!r} cannot be deleted\nbecause it is protected. To unprotect it, ...",
            "delete 1 protected data volumes, the first Volume portal-1-data",
            "say why (docs/adr/0006)",
            id="deleted",
        ),
    ],
)
def test_a_preview_that_would_lose_data_is_refused_with_the_way_out(
    said: str, doing: str, remedy: str, tmp_path: Path, stack: Stack
) -> None:
    events: list[dict[str, Any]] = [*done("replace", VOLUME), error(said, VOLUME), error("preview failed")]
    with pytest.raises(Refused, match=doing) as refused:
        automation.preview(stack, project(tmp_path, stack, *events, ends=255))
    assert remedy in refused.value.remedy


def kept(fake: Project, stack: Stack, *resources: dict[str, Any]) -> None:
    """What the state of a stack holds."""
    content = {"version": 3, "checkpoint": {"latest": {"resources": list(resources)}}}
    fake.checkpoint(stack.name).write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("carried", ["example", "elsewhere", None])
def test_the_data_of_another_city_are_refused_on_a_citys_stacks(
    carried: str | None, tmp_path: Path, stack: Stack, example_city: City
) -> None:
    fake = replace(project(tmp_path, stack), city=example_city.folder)
    told = {} if carried is None else {"city": carried}
    kept(fake, stack, {"urn": ROOT, "type": "pulumi:pulumi:Stack", "outputs": told})
    if carried != "elsewhere":
        preparing.own_city(stack, fake)
        return
    for run in (preparing.prepare, automation.foresee):
        with pytest.raises(Refused, match="carries the city elsewhere, and the data are those of example"):
            run(stack, fake)


def test_workloads_on_a_site_that_cannot_be_planned_say_so(tmp_path: Path, example_city: City) -> None:
    _, _, workloads, _ = stacks(example_city)
    fake = replace(project(tmp_path, workloads), city=example_city.folder)
    beneath = StackPlan(stack="lab-datacentre", fault="another state knows it", needs_person=True)
    with pytest.raises(Failed, match="it stands on lab-datacentre, which was never brought up and cannot be planned"):
        automation.foresee(workloads, fake, beneath)


def test_a_site_under_live_workloads_is_not_destroyed(tmp_path: Path, stack: Stack, example_city: City) -> None:
    fake = replace(project(tmp_path, stack, *done("delete", PORT)), city=example_city.folder)
    above = next(one for one in stacks(example_city) if one.name == "lab-workloads-datacentre")
    kept(fake, above, {"urn": SERVER, "type": SERVER.split("::")[2].rpartition("$")[2]})
    with pytest.raises(Refused, match="1 resources of lab-workloads-datacentre stand on it, the first portal-1"):
        automation.destroy(stack, fake)
    kept(fake, above)
    assert told(automation.destroy(stack, fake)) == {"Port portal-1": Status.CHANGED}


def sized(there: int, declared: int) -> dict[str, Any]:
    """A volume that is to have another size than it has in the cloud."""
    kind = VOLUME.split("::")[2].rpartition("$")[2]
    state = {"type": kind, "urn": VOLUME, "id": "v", "parent": "", "provider": "", "custom": True}
    metadata = {
        "op": "update",
        "urn": VOLUME,
        "type": kind,
        "old": {**state, "inputs": {}, "outputs": {"size": there}},
        "new": {**state, "inputs": {"size": declared}, "outputs": {}},
    }
    return {"resourcePreEvent": {"metadata": metadata}}


def test_a_smaller_volume_is_refused_before_anything_is_done(tmp_path: Path, stack: Stack) -> None:
    """Also one that somebody extended by hand: the plan would be to shrink it."""
    fake = project(tmp_path, stack, sized(20, 10), *done("update", PORT), summary())
    with pytest.raises(Refused, match="Volume portal-1-data has 20 GB and is declared with 10 GB"):
        automation.preview(stack, fake)


@pytest.mark.parametrize(("known", "mark"), [("portal", ""), (NOT_YET_KNOWN, "?")])
def test_a_step_says_whether_all_of_its_values_are_known(known: str, mark: str, tmp_path: Path, stack: Stack) -> None:
    event = sized(10, 20)
    event["resourcePreEvent"]["metadata"]["new"]["inputs"]["metadata"] = {"service": known}
    (step,) = automation.preview(stack, project(tmp_path, stack, event, summary())).steps
    assert step.inputs[:-64] == mark


def test_a_volume_that_was_deleted_by_hand_is_told_as_lost_data(tmp_path: Path, stack: Stack) -> None:
    fake = project(tmp_path, stack, *done("create", VOLUME), *done("create", PORT), summary())
    kept(fake, stack, {"urn": VOLUME, "type": VOLUME.split("::")[2]}, {"urn": PORT, "type": PORT.split("::")[2]})
    (note,) = automation.preview(stack, fake).notes
    assert note.startswith("Volume portal-1-data is gone from the cloud, and what it held is lost there")
    kept(fake, stack)
    assert automation.preview(stack, fake).notes == (), "a new volume holds nothing yet"


@pytest.mark.parametrize("state", ["SUSPENDED", "VERIFY_RESIZE"])
def test_a_server_for_which_nothing_can_be_planned_is_named_with_its_state(
    state: str, tmp_path: Path, stack: Stack
) -> None:
    said = f"sdk.helper_schema: Invalid power_state for instance 223ca840: {state}: provider=openstack@5.5.1"
    fake = project(tmp_path, stack, began("refresh", SERVER), error(said, SERVER), error("preview failed"), ends=255)
    with pytest.raises(Failed, match=f"Instance portal-1 is {state}: nothing can be planned for such a server"):
        automation.preview(stack, fake)


def test_a_larger_volume_is_planned(tmp_path: Path, stack: Stack) -> None:
    plan = automation.preview(stack, project(tmp_path, stack, sized(10, 20), summary()))
    assert [(step.subject, step.op) for step in plan.steps] == [("Volume portal-1-data", "update")]


@pytest.mark.parametrize(
    ("said", "looks"),
    [
        pytest.param("got 503 instead of 200: service unavailable", 2, id="a moment's failure is asked again"),
        pytest.param("403 Forbidden: policy does not allow it", 1, id="what stays is not"),
    ],
)
def test_one_503_is_asked_again(said: str, looks: int, tmp_path: Path, stack: Stack) -> None:
    fake = project(tmp_path, stack)
    with patch("infra.automation.run", side_effect=[Failed("stack", said, ""), None]) as run:
        if looks == 1:
            with pytest.raises(Failed, match="403"):
                automation.preview(stack, fake)
        else:
            assert automation.preview(stack, fake) == StackPlan(stack=stack.name)
    assert run.call_count == looks


def test_what_failed_for_a_moment_is_done_in_a_second_run(tmp_path: Path, stack: Stack) -> None:
    """Such as one 503 where a server was asked for: the first run's work is told with the second's."""
    made = Outcome(subject="lab: Port portal-1", status=Status.CHANGED, reason="create")
    failed = Outcome(subject="lab: Instance portal-1", status=Status.FAILED, reason="got 503 instead of 202")
    stays, done = replace(made, status=Status.OK, reason=""), replace(failed, status=Status.CHANGED, reason="create")
    fake = project(tmp_path, stack)
    with patch("infra.automation.changed_by", side_effect=[[made, failed], [stays, done]]) as run:
        assert automation.up(stack, fake) == [made, done]
    assert run.call_count == 2
    with patch("infra.automation.changed_by", return_value=[replace(failed, reason="403 Forbidden")]) as run:
        automation.up(stack, fake)
    assert run.call_count == 1


def test_a_pulumi_that_never_ends_is_ended(tmp_path: Path, stack: Stack) -> None:
    fake = project(tmp_path, stack)
    program = fake.path_entries[0] / "pulumi"
    program.write_text("#!/bin/sh\n[ $1 = version ] && echo v3.259.0 && exit\nexec sleep 60\n")
    with (
        patch("infra.pulumi_command.LOOKING_S", 0.2),
        pytest.raises(Failed, match=r"pulumi stack export: it did not end within 0\.2 s"),
    ):
        healing.export(stack, fake)


def asked(op: str, kind: str, name: str, **inputs: object) -> dict[str, Any]:
    """A step that has begun, with all that Pulumi tells of it."""
    whole, token = urn(kind, name), f"openstack:{kind}"
    new = {"type": token, "urn": whole, "id": "", "parent": ROOT, "provider": "p", "custom": True, "inputs": inputs}
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": whole, "type": token, "provider": "p", "new": new}}}


def failed(op: str, kind: str, name: str, said: str) -> list[dict[str, Any]]:
    whole = urn(kind, name)
    step = {"op": op, "urn": whole, "type": f"openstack:{kind}"}
    return [{"resOpFailedEvent": {"metadata": step, "status": 1, "steps": 1}}, error(said, whole)]


KIND = "blockstorage/volume:Volume"
LOST = "Expected HTTP response code [202] when accessing [POST https://cloud/volumes], but got 504 instead"


@pytest.mark.parametrize(
    ("said", "looked_for"),
    [
        pytest.param(LOST, True, id="a gateway gave up"),
        pytest.param("but got 500 instead: internal error", True, id="the service broke off"),
        pytest.param("but got 409 instead: a volume of that name is there", False, id="what is refused was not made"),
    ],
)
def test_what_was_made_though_no_answer_came_is_taken_over(
    said: str, tmp_path: Path, stack: Stack, *, looked_for: bool
) -> None:
    """To ask once more would make it twice."""
    events = [
        asked("create", KIND, "portal-1-data", size=4),
        *failed("create", KIND, "portal-1-data", said),
    ]
    fake = project(tmp_path, stack, *events, ends=255)
    with (
        patch("infra.to_the_end.take_over", return_value=frozenset({VOLUME})) as taken,
        patch("infra.automation.explained", side_effect=lambda outcomes, _look: list(outcomes)),
    ):
        automation.up(stack, fake)
    assert taken.called is looked_for
    if looked_for:
        ((_, _, lost, _), _) = taken.call_args
        assert lost[VOLUME]["inputs"] == {"size": 4}
        assert (lost[VOLUME]["type"], lost[VOLUME]["parent"], lost[VOLUME]["custom"]) == (
            f"openstack:{KIND}",
            ROOT,
            True,
        )


def test_what_loses_its_answer_in_the_second_run_is_taken_over_as_well(tmp_path: Path, stack: Stack) -> None:
    """A bad minute loses more than one answer; a bad hour is left to the next plan."""
    lost = [Outcome(subject=f"{stack.name}: Port p{number}", status=Status.FAILED, reason=LOST) for number in range(4)]
    whole = [replace(one, status=Status.OK, reason="") for one in lost]
    runs = [[*whole[:number], lost[number]] for number in range(3)]
    taken = [frozenset({urn("networking/port:Port", f"p{number}")}) for number in range(3)]
    fake = project(tmp_path, stack)
    with (
        patch("infra.automation.changed_by", side_effect=[*runs[:2], whole]),
        patch("infra.account.Account.unanswered", {PORT: {}}),
        patch("infra.to_the_end.take_over", side_effect=[*taken[:2], frozenset()]),
    ):
        done = automation.up(stack, fake)
    assert [one.status for one in done] == [Status.CHANGED, Status.CHANGED, Status.OK, Status.OK]
    with (
        patch("infra.automation.changed_by", side_effect=runs) as run,
        patch("infra.account.Account.unanswered", {PORT: {}}),
        patch("infra.to_the_end.take_over", side_effect=taken) as last,
        patch("infra.automation.explained", side_effect=lambda outcomes, _look: list(outcomes)),
    ):
        assert [one.status for one in automation.up(stack, fake)] == [Status.CHANGED, Status.CHANGED, Status.FAILED]
    assert run.call_count == last.call_count == 3


def test_where_nobody_can_look_what_became_of_a_request_it_is_not_repeated(tmp_path: Path, stack: Stack) -> None:
    events = [asked("create", KIND, "portal-1-data"), *failed("create", KIND, "portal-1-data", LOST)]
    fake = project(tmp_path, stack, *events, ends=255)
    told: list[str] = []
    with (
        patch("infra.to_the_end.take_over", side_effect=SDKException("no answer")),
        patch("infra.automation.explained", side_effect=lambda outcomes, _look: list(outcomes)),
        patch("infra.automation.changed_by", wraps=runs.changed_by) as run,
    ):
        (outcome, *_) = automation.up(stack, fake, told.append)
    assert outcome.status is Status.FAILED
    assert run.call_count == 1 and any("nobody knows what became" in line for line in told)


@pytest.mark.parametrize(
    ("there", "adopted"),
    [
        pytest.param("volume-9", True, id="the cloud made it"),
        pytest.param(None, False, id="it did not"),
        pytest.param("known", False, id="the state has it already"),
    ],
)
def test_only_what_the_cloud_has_and_the_state_has_not_is_taken_over(
    there: str | None, tmp_path: Path, stack: Stack, *, adopted: bool
) -> None:
    resource = {"urn": VOLUME, "type": f"openstack:{KIND}", "custom": True, "inputs": {"name": "portal-1-data"}}
    given: list[Any] = []
    with (
        patch("infra.healing.export", return_value={"resources": [{"urn": PORT, "id": "known"}]}),
        patch("infra.healing.connection"),
        patch("infra.healing.find", return_value=there),
        patch("infra.healing._restore", side_effect=lambda *a: given.append(a[2])),
        patch("infra.healing.refresh"),
    ):
        found = healing.take_over(stack, project(tmp_path, stack), {VOLUME: resource})
    assert found == (frozenset({VOLUME}) if adopted else frozenset())
    assert [[one["id"] for one in state["resources"]] for state in given] == (
        [["known", "volume-9"]] if adopted else []
    )
    assert all(state["pending_operations"] == [] for state in given)
