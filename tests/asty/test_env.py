"""`eval "$(asty env)"` in a real shell; that Pulumi knows the stacks after it is seen in tests/infra and tests/e2e."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from lab.pulumi_tools import PulumiTools

CITY = Path(__file__).parents[2] / "cities" / "example"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state home whose name a careless shell would fall over."""
    home = tmp_path / "it's $(touch owned) a state"
    tools = PulumiTools(path_entries=(tmp_path / "tools",), plugin_home=tmp_path / "plugins", way="none")
    with patch("asty.lab_access.pulumi_tools.ensure", return_value=tools):
        yield home


def asty(state: Path, *args: str, **variables: str) -> Result:
    environ = {"XDG_STATE_HOME": str(state), "ASTY_CITY": str(CITY), "ASTY_WORKSPACE": "lab", **variables}
    done = CliRunner().invoke(main, args, env=environ, prog_name="asty")
    assert done.exit_code == 0, done.stderr
    return done


def sourced(text: str, folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a shell that evaluated `text`."""
    script = 'set -eu; eval "$1"; env -0'
    environ = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", text], capture_output=True, text=True, check=True, env=environ, cwd=folder
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)


def test_a_shell_gets_what_pulumi_needs_and_nothing_is_executed(state: Path, tmp_path: Path) -> None:
    found = sourced(asty(state, "env").stdout, tmp_path, PULUMI_BACKEND_URL="elsewhere")
    recovery = state / "asty" / "lab" / "sites" / "recovery"
    assert found["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(recovery / "passphrase")
    assert found["PULUMI_BACKEND_URL"] == (recovery / "pulumi" / "state").as_uri()
    assert found["OS_CLIENT_CONFIG_FILE"] == str(state / "asty" / "lab" / "lab" / "clouds.yaml")
    assert (found["ASTY_WORKSPACE"], found["ASTY_CITY"]) == ("lab", str(CITY))
    assert str(tmp_path / "tools") in found["PATH"].split(":")
    assert not list(tmp_path.rglob("owned"))


def test_what_belongs_to_another_cloud_is_unset(state: Path, tmp_path: Path) -> None:
    text = asty(state, "env", OS_AUTH_URL="http://elsewhere/v3").stdout
    assert "OS_AUTH_URL" not in sourced(text, tmp_path, OS_AUTH_URL="http://elsewhere/v3")


def test_json_says_the_same(state: Path, tmp_path: Path) -> None:
    found = json.loads(asty(state, "env", "--json").stdout)
    assert list(found) == ["set", "unset"]
    shown = sourced(asty(state, "env").stdout, tmp_path)
    assert {name: shown[name] for name in found["set"] if name != "PATH"} == {
        name: value for name, value in found["set"].items() if name != "PATH"
    }


def test_the_passphrase_is_made_once_is_private_and_is_never_shown(state: Path) -> None:
    text = asty(state, "env").stdout
    path = state / "asty" / "lab" / "sites" / "recovery" / "passphrase"
    passphrase = path.read_text().strip()
    assert len(passphrase) > 30 and path.stat().st_mode & 0o777 == 0o600
    assert asty(state, "env").stdout == text and path.read_text().strip() == passphrase
    assert passphrase not in text


def test_a_workspace_of_its_own_is_found_again(state: Path, tmp_path: Path) -> None:
    options = ("--workspace", "mine", "--base-port", "30000", "--base-address", "127.100.0.0")
    found = sourced(asty(state, *options, "env").stdout, tmp_path)
    assert (found["ASTY_WORKSPACE"], found["ASTY_BASE_PORT"], found["ASTY_BASE_ADDRESS"]) == (
        "mine",
        "30000",
        "127.100.0.0",
    )
