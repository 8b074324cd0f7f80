"""Pulumi behind the Protocols: held to what was planned, one member after the other."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from asty.change import Change
from asty.looking import look
from asty.world import PulumiClouds
from city.errors import Failed, NeedsPerson, Refused
from city.outcome import Outcome, Status
from infra.plan import StackPlan, Step
from infra.project import Project
from infra.reach import Unreachable
from tests.asty.fakes import NEW, STACKS, FakeClouds, FakeDevices, world


def silent(_line: str) -> None:
    pass


def change(clouds: FakeClouds, devices: FakeDevices) -> Change:
    return look(world(clouds, devices), silent)


def test_pulumis_stack_is_out_of_reach_where_its_cloud_is(tmp_path: Path) -> None:
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    clouds = PulumiClouds(project=project, stacks=STACKS)
    with patch("asty.world.automation.foresee", side_effect=Unreachable("region R", "it is silent", "Look at it.")):
        plan = clouds.preview(STACKS[0], silent)
    assert plan == StackPlan(stack=STACKS[0].name, unreachable="it is silent. Look at it.")
    with (
        patch("asty.world.automation.foresee", side_effect=Failed("stack", "Pulumi broke", "Look.")),
        pytest.raises(Failed, match="Pulumi broke"),
    ):
        clouds.preview(STACKS[0], silent)


def test_pulumi_is_held_to_it_too(tmp_path: Path) -> None:
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    planned = StackPlan(stack=STACKS[0].name, steps=(NEW,), unchanged=1)
    with (
        patch("asty.world.prepare"),
        patch("asty.world.automation.preview", return_value=planned),
        patch("asty.world.automation.up", return_value=[]) as up,
    ):
        PulumiClouds(project=project, stacks=STACKS).up(STACKS[0], planned, silent)
    up.assert_called_once_with(STACKS[0], project, silent, refresh=True, planned=planned)


def server(number: int, op: str = "replace") -> Step:
    kind = "openstack:compute/instance:Instance"
    return Step(urn=f"urn:pulumi:s::asty::asty:infra:Workload${kind}::portal-{number}", op=op, type=kind)


def test_a_stack_that_would_do_more_than_was_planned_does_nothing(tmp_path: Path) -> None:
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    planned = StackPlan(stack=STACKS[2].name, steps=(NEW,), unchanged=1)
    with (
        patch("asty.world.prepare"),
        patch("asty.world.automation.preview", return_value=replace(planned, steps=(NEW, server(1)))),
        patch("asty.world.automation.up") as up,
        pytest.raises(Refused, match="replace Instance portal-1"),
    ):
        PulumiClouds(project=project, stacks=STACKS).up(STACKS[2], planned, silent)
    up.assert_not_called()


@pytest.mark.parametrize(
    ("unwell", "runs"),
    [
        pytest.param("", [["portal-1"], ["portal-2"], None], id="well: the next, then all the rest"),
        pytest.param("server portal-1 is ERROR", [["portal-1"]], id="a bad image stops at the first"),
    ],
)
def test_members_change_one_after_the_other_with_a_look_in_between(
    unwell: str, runs: list[list[str] | None], tmp_path: Path
) -> None:
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    planned = StackPlan(stack=STACKS[2].name, steps=(server(1), server(2)), unchanged=9)
    with (
        patch("asty.world.prepare"),
        patch("asty.world.connection"),
        patch("asty.world.automation.preview", return_value=planned),
        patch("asty.world.rolling.await_health", return_value=unwell),
        patch("asty.world.automation.up", return_value=[]) as up,
    ):
        done = PulumiClouds(project=project, stacks=STACKS).up(STACKS[2], planned, silent)
    targets = [call.kwargs.get("targets") for call in up.call_args_list]
    assert [[urn.rpartition("::")[2] for urn in one] if one else None for one in targets] == runs
    assert [outcome.reason.partition(";")[0] for outcome in done] == ([unwell] if unwell else [])


@pytest.mark.parametrize("failing", [True, False])
def test_what_opens_a_stack_is_copied_also_after_a_run_that_failed(tmp_path: Path, *, failing: bool) -> None:
    """What it made before is in that state alone."""
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    planned = StackPlan(stack=STACKS[0].name, steps=(NEW,), unchanged=1)
    ended = Outcome(subject="Network iot", status=Status.FAILED if failing else Status.CHANGED)
    with (
        patch("asty.world.prepare"),
        patch("asty.world.automation.preview", return_value=planned),
        patch("asty.world.automation.up", return_value=[ended]),
        patch("asty.world.copies.keep") as keep,
    ):
        assert PulumiClouds(project=project, stacks=STACKS).up(STACKS[0], planned, silent) == [ended]
    keep.assert_called_once_with(STACKS[0], project)


@pytest.mark.parametrize(
    "why", [OSError("No space left on device"), NeedsPerson("state", "its copy is newer", "Look.")]
)
def test_a_copy_that_cannot_be_made_fails_by_itself(why: Exception, tmp_path: Path) -> None:
    project = Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)
    with patch("asty.world.copies.keep", side_effect=[why, *[None] * (len(STACKS) - 1)]):
        (failed,) = PulumiClouds(project=project, stacks=STACKS).keep()
    assert failed.subject == f"copy of the state of {STACKS[0].name}"
    assert failed.status is Status.FAILED and ("No space" in failed.reason or "is newer" in failed.reason)
