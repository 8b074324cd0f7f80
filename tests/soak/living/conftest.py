"""The example city on a lab beside that of the other long tests; ASTY_BASE_PORT and ASTY_BASE_ADDRESS move it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from asty import lab_access, workspace
from asty.workspace import Workspace
from lab.openstack.environment import alone
from tests.e2e.operator import REPOSITORY, Operator
from tests.soak.living.city import LivingCity

_NAME = "soak-city"


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example city."""
    return Path(shutil.copytree(REPOSITORY / "cities" / "example", tmp_path_factory.mktemp("cities") / "example"))


@pytest.fixture(scope="package")
def living(folder: Path) -> Iterator[LivingCity]:
    """Brought up from nothing, with hosts; nothing of it is left afterwards."""
    port, address = os.environ.get("ASTY_BASE_PORT", "28200"), os.environ.get("ASTY_BASE_ADDRESS", "127.119.0.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTY_BASE_PORT", port)
        patch.setenv("ASTY_BASE_ADDRESS", address)
        ours = workspace.find({**os.environ, "ASTY_WORKSPACE": _NAME, "ASTY_CITY": str(folder)})
        operator = Operator(workspace=_NAME, city=folder)
        ours.prepare()
        with alone(ours.home.with_name(f".{_NAME}.tests")):
            _clean(operator, ours)
            try:
                operator.asty("up", "--hosts")
                with _cloud(ours) as cloud:
                    yield LivingCity(operator, ours, cloud)
            finally:
                _clean(operator, ours)


def _cloud(ours: Workspace) -> Connection:
    clouds = OpenStackConfig(config_files=[str(lab_access.params(ours).clouds_yaml)], load_envvars=False)
    return Connection(config=clouds.get_one(cloud="datacentre"))


def _clean(operator: Operator, ours: Workspace) -> None:
    operator.asty("down")
    operator.asty("lab", "wipe", "--yes")
    shutil.rmtree(ours.home, ignore_errors=True)
