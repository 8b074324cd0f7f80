"""The programs of a database's host, as modules which find each other beside themselves."""

import importlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.playbooks.database import KEPT, Live
from tests.playbooks.files import ROLES, Program


@pytest.fixture(scope="module")
def modules() -> Program:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "database/files"))
        yield {
            name: importlib.import_module(name)
            for name in ("repository", "restored", "keeper", "points", "quarantined")
        }


@pytest.fixture
def repository(modules: Program, tmp_path: Path) -> Program:
    made = modules["repository"].Repository(tmp_path / "copies")
    made.make()
    return made


@pytest.fixture
def keeping(modules: Program, repository: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(modules["keeper"], "RESTORER", tmp_path / "socket")
    monkeypatch.setattr(modules["keeper"], "STANDING", tmp_path / "standing.json")
    monkeypatch.setattr(modules["keeper"], "POINTS", tmp_path / "points.json")
    monkeypatch.setattr(modules["keeper"], "RECEIVER", tmp_path / "receiver.log")
    return modules["keeper"].Keeper(Live(), repository, timedelta(hours=1), KEPT, keeps=True)
