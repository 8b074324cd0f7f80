"""State is sacred: a lost or torn file is named with its copies, taken back by one command, and never made anew."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import NeedsPerson
from city.model.city import City
from infra import preparing
from infra.checkpoint import latest
from infra.copies import keep, kept, restore
from infra.project import Project, open_project
from infra.stacks import Stack, stacks

STATE = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "urn:a::b::c::d", "id": "1"}]}}})


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


@pytest.fixture
def project(tmp_path: Path, stack: Stack) -> Project:
    """One whose stack was applied: its state is there, and its copy at the other site."""
    made = Project(
        folder=tmp_path / "recovery" / "pulumi",
        city=tmp_path,
        clouds=tmp_path / "clouds.yaml",
        path_entries=(),
        plugin_home=tmp_path,
        elsewhere=tmp_path / "datacentre" / "pulumi",
    )
    open_project(made, [stack])
    checkpoint = made.checkpoint(stack.name)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_text(STATE)
    keep(stack, made)
    return made


def files(project: Project, stack: Stack) -> dict[str, Path]:
    return {
        "state": project.checkpoint(stack.name),
        "passphrase": project.passphrase,
        "stack file": project.stack_files / f"Pulumi.{stack.name}.yaml",
    }


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("what", ["state", "passphrase", "stack file"])
@pytest.mark.parametrize("how", ["lost", "torn", "empty"])
def test_a_file_that_is_lost_torn_or_empty_is_taken_back(what: str, how: str, project: Project, stack: Stack) -> None:
    path = files(project, stack)[what]
    before = path.read_bytes()
    if how == "lost":
        path.unlink()
    elif how == "empty" or what == "passphrase":
        path.write_text("")
    else:
        path.write_text('{"version": 3, "check: [')
    (found,) = [file for file in kept(stack, project) if file.fault]
    assert found.path == path
    assert found.source is not None and found.source.is_relative_to(project.folder.parents[1] / "datacentre")
    assert [file.path for file in restore(stack, project)] == [path]
    assert path.read_bytes() == before and path.stat().st_mode & 0o777 == 0o600
    assert path.with_name(f"{path.name}.torn").exists() is (how != "lost"), "what was torn stays for a person"
    assert restore(stack, project) == (), "what is whole is left alone"


def test_showing_what_is_lost_writes_nothing(project: Project, stack: Stack, tmp_path: Path) -> None:
    project.checkpoint(stack.name).unlink()
    before = everything(tmp_path)
    kept(stack, project)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("left", ["stacks/asty/{}.json.bak", "history/asty/{}/x.checkpoint.json", "our copy"])
def test_a_lost_state_is_no_first_use(left: str, project: Project, stack: Stack, tmp_path: Path) -> None:
    """Whatever is left of it: making the stack anew would overwrite Pulumi's own backup."""
    if left != "our copy":
        (project.elsewhere or tmp_path).rename(tmp_path / "away")
        rest = project.state / ".pulumi" / left.format(stack.name)
        rest.parent.mkdir(parents=True, exist_ok=True)
        rest.write_text(STATE)
    project.checkpoint(stack.name).unlink()
    before = everything(tmp_path)
    with pytest.raises(NeedsPerson, match=f"{stack.name}.json: it is gone") as lost:
        preparing.make(stack, project)
    assert everything(tmp_path) == before
    assert "asty state restore" in lost.value.remedy
    assert left == "our copy" or str(rest) in lost.value.remedy


def test_a_lost_passphrase_is_not_replaced_while_there_is_a_state(project: Project, stack: Stack) -> None:
    for spoil in (lambda: project.passphrase.write_text(""), project.passphrase.unlink):
        spoil()
        with pytest.raises(NeedsPerson, match="passphrase"):
            open_project(project, [stack])
    assert not project.passphrase.exists()


def test_a_torn_stack_file_is_named(project: Project, stack: Stack) -> None:
    (project.stack_files / f"Pulumi.{stack.name}.yaml").write_text('config: {"a": [')
    with pytest.raises(NeedsPerson, match=f"Pulumi.{stack.name}.yaml"):
        open_project(project, [stack])


def test_the_newest_whole_copy_is_taken(project: Project, stack: Stack) -> None:
    """Pulumi's own backup is younger than ours where a later run was cut off."""
    path = project.checkpoint(stack.name)
    path.unlink()
    path.with_name(f"{path.name}.bak").write_text(STATE.replace('"1"', '"2"'))
    restore(stack, project)
    assert latest(path)["resources"][0]["id"] == "2"


def of(moment: str, identity: str = "1") -> str:
    """A state that Pulumi wrote at this moment."""
    content = json.loads(STATE)
    content["checkpoint"]["latest"]["manifest"] = {"time": f"2026-11-29T{moment}Z", "version": "v3.259.0"}
    content["checkpoint"]["latest"]["resources"][0] |= {"id": identity, "type": "openstack:x/y:Z"}
    return json.dumps(content)


def elsewhere(project: Project, stack: Stack) -> Path:
    assert project.elsewhere is not None
    return project.elsewhere / project.checkpoint(stack.name).relative_to(project.folder)


def test_a_state_that_is_older_than_its_copy_is_worked_with_by_nobody(
    project: Project, stack: Stack, example_city: City
) -> None:
    """The other site worked with the copy while this one was away: what it made there, this state does not know."""
    ours, theirs = project.checkpoint(stack.name), elsewhere(project, stack)
    ours.write_text(of("10:00:00.5"))
    theirs.write_text(of("10:00:00.75", "2"))
    project = replace(project, city=example_city.folder)
    with pytest.raises(NeedsPerson, match="is newer: somebody worked with that one") as older:
        preparing.own_city(stack, project)
    assert "asty state restore" in older.value.remedy
    with pytest.raises(NeedsPerson, match="is newer"):
        keep(stack, project)
    assert latest(theirs)["resources"][0]["id"] == "2", "nobody wrote over it"
    assert [file.fault for file in kept(stack, project) if file.fault] == ["its copy is newer"]
    assert [file.path for file in restore(stack, project)] == [ours]
    assert latest(ours)["resources"][0]["id"] == "2"
    assert ours.with_name(f"{ours.name}.older").read_text() == of("10:00:00.5"), "the older one stays for a person"
    preparing.own_city(stack, project)


@pytest.mark.parametrize("theirs", [of("10:00:00.5"), of("09:59:59"), STATE, "{", ""])
def test_a_copy_that_is_not_newer_or_says_nothing_is_replaced(theirs: str, project: Project, stack: Stack) -> None:
    project.checkpoint(stack.name).write_text(of("10:00:00.5"))
    elsewhere(project, stack).write_text(theirs)
    keep(stack, project)
    assert elsewhere(project, stack).read_text() == of("10:00:00.5")


@pytest.mark.parametrize("spoilt", ["", "{", None])
def test_what_is_torn_or_lost_takes_no_copy_with_it(spoilt: str | None, project: Project, stack: Stack) -> None:
    """The copy may be the last that is whole."""
    ours = project.checkpoint(stack.name)
    ours.unlink()
    if spoilt is not None:
        ours.write_text(spoilt)
    keep(stack, project)
    assert elsewhere(project, stack).read_text() == STATE


def test_of_two_copies_the_one_that_was_written_later_is_taken_though_its_file_is_older(
    project: Project, stack: Stack
) -> None:
    """A file's own time is that of its copying."""
    ours = project.checkpoint(stack.name)
    ours.rename(backup := ours.with_name(f"{ours.name}.bak"))
    backup.write_text(of("10:00:00"))
    elsewhere(project, stack).write_text(of("11:00:00", "later"))
    os.utime(elsewhere(project, stack), (0, 0))
    restore(stack, project)
    assert latest(ours)["resources"][0]["id"] == "later"


def test_without_any_whole_copy_nothing_is_written(project: Project, stack: Stack, tmp_path: Path) -> None:
    (project.elsewhere or tmp_path).rename(tmp_path / "away")
    project.checkpoint(stack.name).write_text("{")
    before = everything(tmp_path)
    with pytest.raises(NeedsPerson, match="no copy is whole"):
        restore(stack, project)
    assert everything(tmp_path) == before
