"""Folders have the names that people give them: whole verbs do there what they do elsewhere."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from asty import lab_access
from asty.__main__ import main
from city.clock import SystemClock
from lab.pulumi_tools import PulumiTools
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.series.store import ParquetSeries
from network.journal import Journal

ROOT = Path(__file__).parents[2]
NAMES = (
    "a #1",
    "what?",
    "100%25",
    "Πόλη της Θεσσαλονίκης",
    "two\nlines",
    "device=1",
    "a[b]*{c}",
    'it\'s "$HOME" & `x`; \\',
    "-rf",
    "a:b@c",
)
LATIN = "\udce9t\udce9"
"""As Latin-1 left it on the disk: no UTF-8 (PEP 383)."""
pytestmark = pytest.mark.slow
ODD = pytest.mark.parametrize("name", NAMES)


def asty(folder: Path, *words: str, city: Path | None = None) -> Any:  # noqa: ANN401 - JSON is any JSON
    environ = {"XDG_STATE_HOME": str(folder / "state"), "ASTY_CITY": str(city or ROOT / "cities" / "example")}
    done = CliRunner().invoke(main, [*words, "--json"], env=environ, prog_name="asty")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def odd(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    shutil.copytree(ROOT / "cities" / "thessaloniki", folder / name)
    return folder


@pytest.mark.parametrize("name", [*NAMES, LATIN])
def test_a_city_is_checked_and_drafted(tmp_path: Path, name: str) -> None:
    folder = odd(tmp_path, name)
    plain = asty(tmp_path, "check", city=ROOT / "cities" / "thessaloniki")
    found = asty(tmp_path, "check", city=folder / name)
    assert found == plain | {"folder": str(folder / name)}
    (folder / name / "sensors.csv").unlink()
    assert str(folder / name / "sensors.csv") in asty(tmp_path, "draft", city=folder / name)["written"]
    assert asty(tmp_path, "check", city=folder / name)["city"] == "thessaloniki"


@ODD
def test_what_was_observed_is_kept_and_told(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_access, "inventory", lambda _workspace, _city: {})
    folder = odd(tmp_path, name)
    found = asty(folder, "poll", "--once")
    assert {seen["state"] for seen in found["subjects"]} == {"unknown"}
    home = folder / "state" / "asty" / "lab"
    assert (home / "ledger.sqlite").is_file() and list((home / "declared").iterdir())
    told = asty(folder, "kpi", "--at", datetime.now(UTC).isoformat())
    assert told["city_data"] == told["promises"]["broadband"]["city_data"] is not None
    with Journal(home / "journal.sqlite", SystemClock()):
        assert {path.name.partition(".")[0] for path in home.iterdir() if path.is_file()} >= {"journal", "ledger"}
    with Ledger(home / "ledger.sqlite", "example") as ledger:
        seen = Observation(subject="x", at=datetime.now(UTC), state=State.UP, reach=timedelta(hours=1))
        ledger.observe([seen])


@pytest.mark.parametrize(
    ("name", "beside"), [("what?", "whatX"), ("a*", "ab"), ("a[bc]", "ab"), ("value=2", "value=3")]
)
def test_series_are_those_of_this_folder_alone(tmp_path: Path, name: str, beside: str) -> None:
    at = datetime.now(UTC)
    for folder, value in ((beside, 2.0), (name, 1.0)):
        with ParquetSeries(tmp_path / folder / "series") as series:
            series.append(at, {"ap-1": {"sysUpTime": value}})
            assert [seen for _, seen in series.history("ap-1", "sysUpTime", at, at + timedelta(1))] == [value]
            newest = series.latest(at)
            assert newest is not None and newest["value"].to_pylist() == [value]


@ODD
def test_pulumi_is_told_where_its_state_is_by_a_url_that_means_it(tmp_path: Path, name: str) -> None:
    folder = odd(tmp_path, name)
    tools = PulumiTools(path_entries=(), plugin_home=tmp_path / "plugins", way="none")
    with patch("asty.lab_access.pulumi_tools.ensure", return_value=tools):
        told = asty(folder, "env", city=folder / name)["set"]
    url = urlsplit(told["PULUMI_BACKEND_URL"])
    assert (url.scheme, url.netloc, url.query, url.fragment) == ("file", "", "", "")
    assert unquote(url.path) == str(Path(told["PULUMI_OPTION_CWD"]).parent / "state")
    assert Path(unquote(url.path)).is_dir()


def test_a_state_folder_that_the_stores_cannot_name_is_refused(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path / LATIN), "ASTY_CITY": "example"}
    done = CliRunner().invoke(main, ["kpi", "--json"], env=environ, prog_name="asty")
    assert done.exit_code == json.loads(done.stdout)["error"]["exit_code"] == 2
    assert "is no UTF-8" in done.stderr and "<E9>t<E9>" in done.stderr


def test_a_whole_checkout_works_where_it_was_put(tmp_path: Path) -> None:
    house = tmp_path / "a #1?%25 Πόλη\n[b]'\"$HOME=x\\"
    for room in ("asty", "city", "drs", "infra", "lab", "monitoring", "network", "platforms", "snmp", "cities/example"):
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    for words in (["check"], ["kpi"], ["drill", "show"], ["lab", "status"]):
        command = [sys.executable, "-m", "asty", "--city", "example", *words, "--json"]
        environ = {"XDG_STATE_HOME": str(house / "state"), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=house, env=environ, capture_output=True, text=True, check=False)
        assert json.loads(done.stdout) and done.returncode == int(words == ["lab", "status"]), done.stderr
    assert (house / "state" / "asty" / "lab" / "ledger.sqlite").is_file()
