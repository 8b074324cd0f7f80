"""What a run of Pulumi's comes to, from its own events to our outcomes, on a `pulumi` that does as it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from city.errors import Failed, Refused
from city.model.city import City
from city.outcome import Outcome, Status
from infra import automation
from infra.plan import StackPlan, Step
from infra.project import Project
from infra.stacks import Stack, stacks
from tests.infra.fake_pulumi import began, done, error, project, urn

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
            "Release the data volumes with a reason",
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
