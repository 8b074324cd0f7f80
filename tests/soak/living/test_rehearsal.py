"""The loss of the data centre is rehearsed on a living city: with a copy, and without production noticing."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from asty import lab_access
from tests.e2e.operator import REPOSITORY
from tests.soak.living.city import LivingCity, until

pytestmark = pytest.mark.slow
STEPS = ("isolate", "copy_data", "start_copy", "copy_answers", "remove_copy", "undisturbed")


def recovery(living: LivingCity) -> Connection:
    clouds = OpenStackConfig(config_files=[str(lab_access.params(living.ours).clouds_yaml)], load_envvars=False)
    return Connection(config=clouds.get_one(cloud="recovery"))


def left(cloud: Connection) -> list[str]:
    """The names of all that a rehearsal makes."""
    shelves = (
        cloud.compute.servers(),
        cloud.block_storage.volumes(),
        cloud.block_storage.snapshots(),
        cloud.network.ports(),
        cloud.network.networks(),
    )
    return [one.name for shelf in shelves for one in shelf if (one.name or "").startswith("rehearsal-")]


def told(living: LivingCity) -> dict[str, Any]:
    """The steps of the latest drill, by name."""
    return {step["task"]: step for step in living.operator.asks("drill", "status", code=None)["tasks"]}


def test_a_rehearsal_promotes_a_copy_that_nobody_reaches_and_production_notices_nothing(living: LivingCity) -> None:
    living.all_up()
    plan = living.operator.asks("plan", code=None)
    living.operator.asty("drill", "run", "--mode", "rehearse", "--service", "portal", "--service", "identity")
    steps = told(living)
    for service in ("portal", "identity"):
        assert [steps[f"{name}:{service}"]["stage"] for name in STEPS] == ["proven"] * len(STEPS)
        assert "as production had" in steps[f"copy_answers:{service}"]["reason"]
    assert left(recovery(living)) == []
    report = living.operator.asks("drill", "report")
    measured = {one["service"]: one for one in report["services"]}
    assert all(one["lost"] == 0 for one in measured.values()), "of the marks that residents wrote meanwhile"
    assert living.operator.asks("plan", code=None)["hash"] == plan["hash"], "to the plan, nothing happened"


def test_a_rehearsal_that_was_killed_is_gone_on_with_and_leaves_nothing(living: LivingCity) -> None:
    cloud = recovery(living)
    argv = [sys.executable, "-m", "asty", "drill", "run", "--mode", "rehearse", "--service", "portal"]
    with subprocess.Popen(argv, cwd=REPOSITORY, env=living.operator.environment, start_new_session=True) as conductor:
        until(lambda: "rehearsal-portal" in [server.name for server in cloud.compute.servers()])
        os.killpg(conductor.pid, signal.SIGKILL)
    time.sleep(1)
    assert "rehearsal-portal" in left(cloud)
    gaps = living.operator.asks("drill", "readiness", code=None)["gaps"]
    assert any("asty drill tidy" in gap["remedy"] for gap in gaps), "readiness names what stands"
    living.operator.asty("drill", "tidy", code=3)
    living.operator.asty("drill", "resume", "--by", "eleni")
    assert {step["stage"] for step in told(living).values()} == {"proven"}
    assert left(cloud) == []
