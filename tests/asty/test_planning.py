import json
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from asty.change import Change
from asty.planning import carry_out, find, hold, keep, look
from asty.world import PulumiClouds
from city.errors import ExitCode, Failed, InvalidInput, NeedsPerson, Refused
from city.outcome import Status, exit_code
from infra.plan import StackPlan, Step
from infra.project import Project
from infra.reach import Unreachable
from network.plan import Kind
from tests.asty.fakes import NEW, STACKS, FakeClouds, FakeDevices, entry, world


def silent(_line: str) -> None:
    pass


AWAY = ("lab-datacentre", "lab-workloads-datacentre")
EVERYTHING: dict[str, tuple[Step, ...]] = {one.name: (NEW,) for one in STACKS}


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


def test_a_kept_plan_is_found_by_its_beginning(tmp_path: Path) -> None:
    made = look(world(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap-1"),))), silent)
    path = keep(made, tmp_path)
    keep(made, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "no drafts stay"
    assert find(made.hash[:12], tmp_path) == find(made.hash, tmp_path) == made


@pytest.mark.parametrize(
    ("prefix", "problem"),
    [
        pytest.param("abcd", "no such plan", id="never made"),
        pytest.param("7777", "2 plans begin so", id="not unique"),
        pytest.param("77", "too short", id="too short"),
        pytest.param("", "too short", id="nothing at all"),
        pytest.param("8888", "no JSON", id="damaged"),
        pytest.param("9999", "cannot be read", id="of another shape"),
        pytest.param("../../etc/passwd", "no such plan", id="a path out of the folder"),
    ],
)
def test_a_plan_that_cannot_be_meant(prefix: str, problem: str, tmp_path: Path) -> None:
    for name, content in (("77771", ""), ("77772", ""), ("8888", "{"), ("9999", '{"hash": 1}')):
        (tmp_path / f"{name}.json").write_text(content)
    with pytest.raises(InvalidInput, match=problem):
        find(prefix, tmp_path)


def test_a_plan_altered_on_disk_is_not_done(tmp_path: Path) -> None:
    made = look(world(devices=FakeDevices(entries=(entry("ap-1"),))), silent)
    path = keep(made, tmp_path)
    content = json.loads(path.read_text())
    content["stacks"][0]["steps"] = [{"urn": "a::b::c::d", "op": "delete", "type": "c", "changed": [], "inputs": ""}]
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match="does not fit its hash"):
        find(made.hash, tmp_path)


def test_a_world_that_stands_still_is_held() -> None:
    there = world(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap-1"),)))
    hold(look(there, silent), look(there, silent))


def test_a_world_that_moved_is_refused_and_nothing_is_done() -> None:
    clouds, devices = FakeClouds(steps=dict(EVERYTHING)), FakeDevices(entries=(entry("ap-1"),))
    planned = look(world(clouds, devices), silent)
    clouds.steps["lab-recovery"] = ()
    devices.entries = (replace(entry("ap-1"), running="bb"),)
    with pytest.raises(Refused) as refused:
        hold(planned, look(world(clouds, devices), silent))
    assert refused.value.exit_code is ExitCode.REFUSED
    assert "stack lab-recovery: no longer to do: + Network iot" in refused.value.problem
    assert "device ap-1: its running configuration is another" in refused.value.problem
    assert clouds.done == [] and devices.pushed == []


def test_a_refusal_lists_some_and_counts_the_rest() -> None:
    before = look(world(devices=FakeDevices(entries=tuple(entry(f"ap-{n}") for n in range(50)))), silent)
    with pytest.raises(Refused, match="and 38 more"):
        hold(before, look(world(), silent))


def change(clouds: FakeClouds, devices: FakeDevices) -> Change:
    return look(world(clouds, devices), silent)


def test_a_plan_of_workloads_is_made_on_what_their_site_will_offer() -> None:
    clouds = FakeClouds()
    look(world(clouds), silent)
    assert clouds.seen_through == {
        "lab-datacentre": "",
        "lab-recovery": "",
        "lab-workloads-datacentre": "lab-datacentre",
        "lab-workloads-recovery": "lab-recovery",
    }


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


@pytest.mark.parametrize(
    ("was", "now"),
    [
        pytest.param(Kind.SAME, Kind.UNREACHABLE, id="one that was as intended"),
        pytest.param(Kind.CHANGE, Kind.UNREACHABLE, id="one that was to be changed"),
        pytest.param(Kind.UNREACHABLE, Kind.CHANGE, id="one that came back: the next plan has it"),
    ],
)
def test_a_device_that_falls_silent_does_not_stop_the_clouds(was: Kind, now: Kind) -> None:
    before, after = (change(FakeClouds(steps=EVERYTHING), FakeDevices(entries=(entry("ap", k),))) for k in (was, now))
    hold(before, after)
    moved_stack = change(FakeClouds(), FakeDevices(entries=(entry("ap", now),)))
    with pytest.raises(Refused, match="no longer to do"):
        hold(before, moved_stack)
