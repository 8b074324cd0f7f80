"""The operator's manual adds a service of its own: what it says is twenty lines of data that a city takes."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from asty.city_data import load
from city.model.services import Backup, Service
from monitoring.probing.declared import probed
from tests.docs.console import commands

ROOT = Path(__file__).parents[2]
LINES = 20


def data() -> str:
    """What the manual appends to services.yaml."""
    [command] = [one.text for one in commands(ROOT / "docs" / "operator.md") if one.text.startswith("cat >> ")]
    first, *lines, last = command.splitlines()
    assert (first, last) == ("cat >> \"$ASTY_CITY/services.yaml\" <<'END'", "END")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The city on which the manual is run."""
    city = shutil.copytree(ROOT / "cities" / "thessaloniki", tmp_path / "city")
    with (city / "services.yaml").open("a", encoding="utf-8") as file:
        file.write(data())
    return city


def test_it_takes_no_more_than_twenty_lines() -> None:
    assert len(data().splitlines()) <= LINES


def test_the_service_has_a_database_a_probe_a_backup_and_a_role(folder: Path) -> None:
    city = load(folder)
    library: Service = city.services[-1]
    assert library.id == "library" and library.workload is not None
    assert (library.database, library.workload.roles) == ("library", ("application",))
    assert library.backup == Backup(to="recovery", every=timedelta(hours=4), keep=timedelta(days=30))
    [asked] = [one for one in probed(city) if one.service == "library"]
    assert (asked.ask.probe.name, asked.within) == ("https", timedelta(seconds=2))
    assert asked.points, "somebody reaches it by its flows"
