"""CONTRIBUTING.md is followed to the letter, in a copy of the checkout: one file and its test for each thing."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.console import commands

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
ROOMS = ("asty", "city", "drs", "infra", "lab", "monitoring", "network", "platforms", "snmp")
FILE = re.compile(r"^```python\n# (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^### (.+)$", re.MULTILINE)


def sections() -> dict[str, str]:
    """The text of each section that says what is one file."""
    title, *parts = SECTION.split(PAGE.read_text(encoding="utf-8"))
    assert title
    return dict(zip(parts[::2], parts[1::2], strict=True))


def page(folder: Path, text: str) -> Path:
    file = folder / "section.md"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A copy of the checkout: its code, the example city and the tests."""
    folder = tmp_path / "asty"
    for room in (*ROOMS, "cities/example", "tests"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    yield folder
    shutil.rmtree(folder)


def test_the_page_tells_how_to_add_each_thing_that_a_city_has_many_of() -> None:
    titles = [
        "A vendor's platform",
        "An indicator",
        "A check of readiness",
        "A step of a drill",
        "A fault of a drill",
        "A probe",
        "A verb",
    ]
    assert list(sections()) == titles


@pytest.mark.slow
@pytest.mark.parametrize("title", sections())
def test_it_is_one_file_and_its_test(house: Path, tmp_path: Path, title: str) -> None:
    text = sections()[title]
    files = [(found["path"], found["text"]) for found in FILE.finditer(text)]
    assert [path.startswith("tests/") for path, _ in files] == [False, True], "one file, and its test"
    for path, content in files:
        assert not (house / path).exists()
        (house / path).write_text(content, encoding="utf-8")
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(house),
    }
    for command in commands(page(tmp_path, text)):
        done = subprocess.run(
            ["/bin/bash", "-c", command.text], cwd=house, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == command.exit_code, f"{command.text}\n{done.stdout}\n{done.stderr}"
        assert command.missing(done.stdout) is None, f"{command.text}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_what_the_page_shows_is_formatted_and_linted_as_the_rest_of_the_house(house: Path) -> None:
    for found in FILE.finditer(PAGE.read_text(encoding="utf-8")):
        (house / found["path"]).write_text(found["text"], encoding="utf-8")
    paths = [found["path"] for found in FILE.finditer(PAGE.read_text(encoding="utf-8"))]
    ruff = Path(sys.executable).parent / "ruff"
    for command in (("format", "--check"), ("check",)):
        done = subprocess.run([ruff, *command, *paths], cwd=house, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
