"""The whole life of a site and its workloads on a real OpenStack region, through Pulumi's own command and ours.

The tests of this module share one cloud and run in the order in which they stand; each leaves it whole.
"""

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openstack
import pytest
from openstack.connection import Connection

from city.errors import Refused
from city.outcome import Outcome, Status, tally
from infra import automation, preparing
from infra.checkpoint import begun
from infra.settings import ROOT
from lab.params import LabParams
from tests.infra.trial import KEPT, RECOVERY, SITE, WORKLOADS, Trial, begin

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("regions")]

DEADLINE_S = 120


@pytest.fixture(scope="module")
def trial(lab_params: LabParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    trial = begin(tmp_path_factory.mktemp("trial"), lab_params)
    yield trial
    trial.end()


@pytest.fixture(scope="module")
def cloud(trial: Trial) -> Iterator[Connection]:
    config = openstack.config.OpenStackConfig(config_files=[str(trial.project.clouds)], load_envvars=False)
    with Connection(config=config.get_one(cloud="datacentre")) as connection:
        yield connection


def changed(outcomes: list[Outcome]) -> dict[Status, int]:
    return {status: count for status, count in tally(outcomes).items() if count and status is not Status.OK}


def stop_in_the_middle(run: "subprocess.Popen[bytes]", checkpoint: Path) -> None:
    """Hold it still while an operation is under way: one that ends just then is let go, and the next one awaited."""
    deadline = time.monotonic() + DEADLINE_S
    while run.poll() is None:
        assert time.monotonic() < deadline
        if begun(checkpoint):
            os.killpg(run.pid, signal.SIGSTOP)
            time.sleep(0.1)
            if begun(checkpoint):
                return
            os.killpg(run.pid, signal.SIGCONT)


def test_a_run_that_was_killed_is_healed_by_the_next(trial: Trial) -> None:
    stack = trial.stack(SITE)
    preparing.prepare(stack, trial.project)
    checkpoint = trial.project.checkpoint(SITE)
    run = subprocess.Popen(
        [trial.program, "up", "--yes", "--skip-preview", "--non-interactive", "--stack", SITE],
        env=trial.project.environment(os.environ),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    stop_in_the_middle(run, checkpoint)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert begun(checkpoint), "it was killed in the middle"
    assert changed(trial.up(SITE)).keys() == {Status.CHANGED}
    assert trial.preview(SITE).steps == ()


def test_everything_comes_up_and_a_second_up_changes_nothing(trial: Trial, cloud: Connection) -> None:
    assert changed(trial.up(WORKLOADS)).keys() == {Status.CHANGED}
    assert changed(trial.up(WORKLOADS)) == {}
    servers = {server.name: server for server in cloud.compute.servers() if server.metadata.get("service") in KEPT}
    assert {name: server.status for name, server in servers.items()} == {
        f"{service}-{number}": "ACTIVE" for service in KEPT for number in (1, 2)
    }
    for service in KEPT:
        assert len({servers[f"{service}-{n}"].availability_zone for n in (1, 2)}) == 2


def test_a_new_image_and_a_larger_flavour_are_planned_as_what_they_do_to_servers(trial: Trial) -> None:
    """Their ids are outputs of the site's stack, which nobody knows before it was brought up."""
    platform, image = trial.project.city / "platform.yaml", trial.project.city / "images" / "base.raw"
    text, content = platform.read_text(encoding="utf-8"), image.read_bytes()
    before = trial.project.checkpoint(WORKLOADS).read_bytes()
    image.write_bytes(content[:-512] + b"patched".ljust(512, b"\0"))
    digests = [hashlib.sha256(each).hexdigest() for each in (content, image.read_bytes())]
    assert digests[0] in text
    platform.write_text(text.replace(digests[0], digests[1]), encoding="utf-8")
    site = automation.foresee(trial.stack(SITE), trial.project)
    planned = automation.foresee(trial.stack(WORKLOADS), trial.project, site)
    assert {step.subject.split()[0] for step in site.steps} == {"Image"}
    assert {(step.subject, step.op) for step in planned.steps if step.subject.startswith("Instance")} == {
        (f"Instance {service}-{number}", "replace") for service in KEPT for number in (1, 2)
    }
    assert trial.project.checkpoint(WORKLOADS).read_bytes() == before, "looking wrote nothing"
    trial.up(SITE)
    done = automation.up(trial.stack(WORKLOADS), trial.project, print, planned=planned)
    assert changed(done).keys() == {Status.CHANGED}, "all that was done was planned"
    assert trial.preview(WORKLOADS).steps == ()


def test_another_list_of_zones_moves_nobody_and_no_data(trial: Trial) -> None:
    sites = trial.project.city / "sites.yaml"
    text = sites.read_text(encoding="utf-8")
    assert "[az1, az2]" in text
    sites.write_text(text.replace("[az1, az2]", "[az2, az1]"), encoding="utf-8")
    try:
        assert trial.preview(WORKLOADS).steps == ()
    finally:
        sites.write_text(text, encoding="utf-8")


def test_plain_pulumi_finds_the_same_and_leaves_the_checkout_alone(trial: Trial) -> None:
    before = {path: path.read_bytes() for path in ROOT.glob("Pulumi*.yaml")}
    runs = [
        ("preview", "--expect-no-changes", "--stack", SITE),
        ("up", "--yes", "--expect-no-changes", "--stack", SITE),
        ("refresh", "--yes", "--expect-no-changes", "--stack", WORKLOADS),
        ("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", WORKLOADS),
    ]
    for words in runs:
        done = trial.pulumi(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in ROOT.glob("Pulumi*.yaml")} == before


def test_plain_pulumi_makes_a_site_that_it_never_saw_and_takes_it_away_again(trial: Trial) -> None:
    preparing.make(trial.stack(RECOVERY), trial.project)
    trial.configure(RECOVERY, "release-site")
    for verb, told in (("up", "+ 2"), ("up", "unchanged"), ("destroy", "- 2")):
        done = trial.pulumi(verb, "--yes", "--skip-preview", "--stack", RECOVERY)
        assert done.returncode == 0, done.stdout + done.stderr
        assert told in done.stdout
        assert ("created" in done.stdout, "deleted" in done.stdout) == (told[0] == "+", told[0] == "-")


def test_a_new_service_touches_no_other(trial: Trial) -> None:
    portal = trial.declared("portal")
    trial.declare(gis={**portal, "workload": {**portal["workload"], "dns_name": "maps"}})
    try:
        plan = trial.preview(WORKLOADS)
        assert plan.steps
        assert {step.op for step in plan.steps} == {"create"}
        assert all(step.urn.rsplit("::", 1)[-1].startswith("gis") for step in plan.steps)
    finally:
        trial.declare(gis=None)


def test_a_guard_refuses_before_anything_is_touched(trial: Trial) -> None:
    portal = trial.declared("portal")
    workload = portal["workload"]
    opened = {**workload, "flows": [*workload["flows"], {"source": "world", "port": 22}]}
    trial.declare(portal={**portal, "workload": opened})
    try:
        with pytest.raises(Refused, match="management/portal-22"):
            trial.preview(WORKLOADS)
    finally:
        trial.declare(portal=portal)


def test_data_is_kept_until_it_is_released(trial: Trial, cloud: Connection) -> None:
    with pytest.raises(Refused, match="6 protected resources, the first FloatingIp identity"):
        trial.destroy(WORKLOADS)
    portal = trial.declared("portal")
    trial.declare(portal=None)
    with pytest.raises(Refused, match="no longer declares 3 protected resources, the first FloatingIp portal"):
        trial.up(WORKLOADS)
    for verb in ("up", "destroy"):
        plain = trial.pulumi(verb, "--yes", "--stack", WORKLOADS)
        assert plain.returncode != 0, "plain pulumi refuses in its preview"
        assert "because it is protected" in plain.stdout + plain.stderr
    assert cloud.compute.find_server("portal-1"), "nothing was touched"
    trial.declare(portal=portal)
    trial.release("portal")
    trial.declare(portal=None)
    outcomes = trial.up(WORKLOADS)
    assert changed(outcomes).keys() == {Status.CHANGED}
    assert {o.subject.rsplit(" ", 1)[-1].split("-")[0] for o in outcomes if o.status is Status.CHANGED} == {"portal"}
    assert not list(cloud.block_storage.volumes(name="portal-1-data"))


def test_destroying_the_workloads_leaves_the_site(trial: Trial, cloud: Connection) -> None:
    trial.release()
    trial.destroy(WORKLOADS)
    assert not [server for server in cloud.compute.servers() if server.metadata.get("service") in KEPT]
    assert trial.preview(SITE).steps == ()


def test_another_workspace_with_another_passphrase_does_not_mind(trial: Trial, tmp_path: Path) -> None:
    other = replace(trial, project=replace(trial.project, folder=tmp_path / "pulumi"))
    stack = other.stack(RECOVERY)
    preparing.prepare(stack, other.project)
    assert other.project.passphrase.read_text() != trial.project.passphrase.read_text()
    assert {step.op for step in automation.preview(stack, other.project).steps} == {"create"}
    assert trial.preview(SITE).steps == ()
