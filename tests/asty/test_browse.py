"""`asty browse`: who opens the way, and what an operator is told of it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from asty import lab_access
from asty.__main__ import main

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"


def browse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, hosts: bool, python: tuple[str, ...]) -> Result:
    street: Any = SimpleNamespace(python=python, resolvers=[("10.1.0.1", 53)], trust=tmp_path / "trust.pem")
    monkeypatch.setattr(lab_access, "street", lambda _: street)
    monkeypatch.setattr(lab_access, "params", lambda _: SimpleNamespace(hosts=hosts))
    environ = {"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": None}
    return CliRunner().invoke(main, ["browse", "--port", "38299"], env=environ, prog_name="asty")


def test_where_nothing_runs_behind_the_servers_no_way_is_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = browse(monkeypatch, tmp_path, hosts=False, python=("/bin/false",))
    assert done.exit_code == 3
    assert "Make one: asty up --hosts." in done.stderr


def test_an_operator_is_told_the_proxy_whom_to_trust_and_the_names_and_when_the_way_closes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = browse(monkeypatch, tmp_path, hosts=True, python=(sys.executable, "-c", "raise SystemExit(7)"))
    assert done.exit_code == 1
    told = done.stderr
    assert "proxy: http://127.0.0.1:38299\n" in told
    assert f"--proxy http://127.0.0.1:38299 --cacert {tmp_path / 'trust.pem'} https://data.example.test/" in told
    assert "open:  https://www.example.test/\n" in told
    assert "sensors.example.test" not in told, "residents do not open it in a browser"
    assert "the proxy: it ended with 7" in told
