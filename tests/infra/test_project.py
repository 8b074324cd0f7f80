import os
import shlex
import stat
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from city.errors import InvalidInput
from city.model.city import City
from infra.project import Project, foreign, open_project, shell
from infra.stacks import Stack, stacks

COMMITTED = {"config": {"asty:program": "site", "asty:site": "datacentre"}}


@pytest.fixture
def root(tmp_path: Path, example_city: City) -> Path:
    """A checkout, as far as Pulumi looks at it."""
    folder = tmp_path / "checkout"
    (folder / "infra").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: asty\n")
    for stack in stacks(example_city):
        (folder / f"Pulumi.{stack.name}.yaml").write_text(yaml.safe_dump(COMMITTED))
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(
        folder=tmp_path / "state" / "pulumi",
        city=tmp_path,
        clouds=tmp_path / "clouds.yaml",
        path_entries=(Path("/opt/pulumi/bin"),),
        plugin_home=Path("/opt/pulumi/home"),
    )


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


def stack_file(project: Project, stack: Stack) -> Path:
    return project.stack_files / f"Pulumi.{stack.name}.yaml"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_in_the_checkout_is_written(root: Path, project: Project, stack: Stack) -> None:
    before = contents(root)
    open_project(project, [stack], root)
    with stack_file(project, stack).open("a") as file:
        file.write("encryptionsalt: v1:salt\n")
    open_project(project, [stack], root)
    assert contents(root) == before


def test_pulumi_finds_the_repositorys_project_and_programs(root: Path, project: Project, stack: Stack) -> None:
    open_project(project, [stack], root)
    assert (project.stack_files / "Pulumi.yaml").resolve() == root / "Pulumi.yaml"
    assert (project.stack_files / "infra").resolve() == root / "infra"


def test_a_moved_checkout_is_followed(root: Path, project: Project, stack: Stack) -> None:
    open_project(project, [stack], root)
    moved = root.rename(root.with_name("moved"))
    open_project(project, [stack], moved)
    assert (project.stack_files / "Pulumi.yaml").resolve() == moved / "Pulumi.yaml"


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        pytest.param({}, COMMITTED, id="a new one is the committed one"),
        pytest.param({"encryptionsalt": "v1:x"}, {**COMMITTED, "encryptionsalt": "v1:x"}, id="the salt stays"),
        pytest.param(
            {"config": {"asty:uplink": "public"}},
            {"config": {**COMMITTED["config"], "asty:uplink": "public"}},
            id="settings of the workspace stay",
        ),
        pytest.param({"config": {"asty:site": "recovery"}}, COMMITTED, id="but the committed ones win"),
    ],
)
def test_stack_files(
    root: Path, project: Project, stack: Stack, kept: Mapping[str, object], expected: Mapping[str, object]
) -> None:
    project.stack_files.mkdir(parents=True)
    stack_file(project, stack).write_text(yaml.safe_dump(dict(kept)))
    open_project(project, [stack], root)
    assert yaml.safe_load(stack_file(project, stack).read_text()) == expected


def test_an_override_that_was_taken_out_of_git_is_in_force_no_more(root: Path, project: Project, stack: Stack) -> None:
    committed, kept = root / f"Pulumi.{stack.name}.yaml", stack_file(project, stack)
    overrides = {"asty:overrides": {"single-zone/portal": "until May"}}
    committed.write_text(yaml.safe_dump({"config": {**COMMITTED["config"], **overrides}}))
    open_project(project, [stack], root)
    content = yaml.safe_load(kept.read_text())
    content["config"]["asty:overrides"]["name/gis"] = "of this workspace"
    kept.write_text(yaml.safe_dump({**content, "encryptionsalt": "v1:x"}))
    committed.write_text(yaml.safe_dump(COMMITTED))
    for _ in range(2):
        open_project(project, [stack], root)
        assert yaml.safe_load(kept.read_text()) == {
            "config": {**COMMITTED["config"], "asty:overrides": {"name/gis": "of this workspace"}},
            "encryptionsalt": "v1:x",
        }


def test_what_a_workspace_sets_holds_over_what_is_committed_and_goes_with_it(
    root: Path, project: Project, stack: Stack
) -> None:
    for settings in ({"images": "existing", "site": "recovery"}, {}):
        open_project(replace(project, settings=settings), [stack], root)
        expected = {**COMMITTED["config"], **{f"asty:{key}": value for key, value in settings.items()}}
        assert yaml.safe_load(stack_file(project, stack).read_text()) == {"config": expected}


def test_a_stack_without_a_committed_file_is_named(root: Path, project: Project, stack: Stack) -> None:
    (root / f"Pulumi.{stack.name}.yaml").unlink()
    with pytest.raises(InvalidInput, match=r"Pulumi\.lab-datacentre\.yaml"):
        open_project(project, [stack], root)


def test_the_passphrase_is_made_once_and_read_by_nobody_else(root: Path, project: Project, stack: Stack) -> None:
    open_project(project, [stack], root)
    first = project.passphrase.read_text()
    open_project(project, [stack], root)
    assert project.passphrase.read_text() == first
    assert len(first.strip()) >= 32
    assert stat.S_IMODE(project.passphrase.stat().st_mode) == 0o600
    assert stat.S_IMODE(project.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(stack_file(project, stack).stat().st_mode) == 0o600


def test_another_clouds_variables_are_left_behind(project: Project) -> None:
    environ = {"PATH": "/bin", "HOME": "/root", "OS_AUTH_URL": "https://prod", "PULUMI_CONFIG_PASSPHRASE": "x"}
    found = project.environment(environ)
    assert "OS_AUTH_URL" not in found
    assert "PULUMI_CONFIG_PASSPHRASE" not in found
    assert found["HOME"] == "/root"
    assert found["PATH"].endswith(os.pathsep.join(["/opt/pulumi/bin", "/bin"]))
    assert foreign(environ) == ("OS_AUTH_URL", "PULUMI_CONFIG_PASSPHRASE")


def test_the_shells_lines_say_the_same(project: Project) -> None:
    lines = shell(project, {"PATH": "/bin", "OS_CLOUD": "prod"}).splitlines()
    assert lines[0] == "unset OS_CLOUD"
    told = dict(shlex.split(line)[1].split("=", 1) for line in lines[1:])
    assert told == project.variables("/bin")


def test_no_secret_is_among_the_variables(root: Path, project: Project, stack: Stack) -> None:
    open_project(project, [stack], root)
    assert project.passphrase.read_text().strip() not in shell(project, {"PATH": "/bin"})


def test_many_stacks_open_it_at_the_same_moment(root: Path, project: Project, stack: Stack) -> None:
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(open_project, project, [stack], root) for _ in range(64)]:
            done.result()
    assert (project.stack_files / "infra").readlink() == root / "infra"
    assert project.passphrase.read_text(encoding="utf-8").strip()
    left = {path.name for path in (*project.folder.parent.iterdir(), *project.stack_files.iterdir())}
    assert not [name for name in left if name.endswith(str(os.getpid()))]
