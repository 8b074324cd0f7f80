"""Looking leaves no trace, and sees what the stack beneath will offer."""

import json
import os
from pathlib import Path

from infra.plan import NOT_YET_KNOWN
from infra.project import Project
from infra.rehearsal import foresee, rehearsal


def project(folder: Path) -> Project:
    found = Project(
        folder=folder / "pulumi", city=folder, clouds=folder, path_entries=(), plugin_home=folder, elsewhere=folder
    )
    for path in (
        found.checkpoint("lab"),
        found.state / ".pulumi" / "meta.yaml",
        found.state / ".pulumi" / "locks" / "organization" / "asty" / "lab" / "1.json",
        found.state / ".pulumi" / "history" / "asty" / "lab" / "x.checkpoint.json",
        found.checkpoint("lab").with_suffix(".json.bak"),
        found.stack_files / "Pulumi.lab.yaml",
        found.passphrase,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return found


def test_a_rehearsal_has_the_state_and_no_lock_and_leaves_no_trace(tmp_path: Path) -> None:
    real = project(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with rehearsal(real) as copy:
        assert copy.checkpoint("lab").exists() and (copy.stack_files / "Pulumi.lab.yaml").exists()
        assert copy.passphrase.read_text() == "{}" and copy.passphrase.is_symlink(), "no second passphrase on a disk"
        names = {path.name for path in copy.state.rglob("*") if path.is_file()}
        assert names == {"lab.json", "meta.yaml"}
        assert copy.elsewhere is None, "a rehearsal is never kept as a copy"
        copy.checkpoint("lab").write_text("changed")
        assert copy.folder.parent.stat().st_mode & 0o777 == 0o700
    assert not copy.folder.parent.exists()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_a_killed_process_left_of_one_goes_with_the_next_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    real = project(tmp_path)
    killed = tmp_path / f"rehearsal-{os.getpid()}-1-abc"
    (killed / "pulumi" / "state").mkdir(parents=True)
    with rehearsal(real) as living:
        assert not killed.exists(), "this process began at another moment: it is not who made that"
        with rehearsal(real):
            assert living.folder.exists()


def test_a_stack_is_given_the_outputs_that_it_will_have_without_those_unknown(tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    root = {"urn": "urn:root", "type": "pulumi:pulumi:Stack", "outputs": {"images": {"base": "old"}}}
    port = {"urn": "urn:port", "type": "openstack:networking/port:Port", "outputs": {"name": "p"}}
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [root, port]}}}))
    foresee(path, {"images": {"base": NOT_YET_KNOWN, "other": "id-2"}, "zone": "z"})
    resources = json.loads(path.read_text())["checkpoint"]["latest"]["resources"]
    assert resources == [{**root, "outputs": {"images": {"other": "id-2"}, "zone": "z"}}, port]


def test_a_stack_that_never_ran_offers_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": None}}))
    foresee(path, {"zone": "z"})
    assert json.loads(path.read_text())["checkpoint"]["latest"] is None
