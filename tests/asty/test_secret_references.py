"""The secrets that probes name are looked for where asty runs, and nothing of them is told."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from asty.secret_references import asked
from asty.workspace import Workspace, find
from city.located import Node, Place
from city.model.city import City
from tests.drs.twins import EXAMPLE, city


def node(content: object) -> Node:
    return Node(Place(Path("services.yaml"), 1), content)  # type: ignore[arg-type]  # what YAML holds


def probed(**probes: object) -> City:
    services = [replace(one, probe=probes.get(one.id)) for one in city().services]  # type: ignore[arg-type]  # nodes
    return replace(city(), services=tuple(services))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return find({"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"})


def test_each_reference_is_asked_for_once_and_told_without_its_secret(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shared"
    file.write_text("hush", encoding="utf-8")
    monkeypatch.delenv("ASTY_TEST_LOST", raising=False)
    deep = node({"mqtt": node("8883"), "login": node([node({"password": node("env:ASTY_TEST_LOST")})])})
    plain = node({"radius": node("1812"), "secret": node(f"file:{file}"), "password": node("env:ASTY_TEST_LOST")})
    found = asked(workspace, probed(portal=deep, identity=plain))
    assert [(one.reference, set(one.services), one.problem) for one in found] == [
        ("env:ASTY_TEST_LOST", {"portal", "identity"}, "the variable is not set"),
        (f"file:{file}", {"identity"}, ""),
    ]
    assert "hush" not in repr(found)


def test_the_labs_own_secrets_are_lent_before_they_are_looked_for(workspace: Workspace) -> None:
    with patch("asty.secret_references.lab_access.lend_secrets") as lent:
        assert asked(workspace, probed()) == ()
    lent.assert_called_once()
