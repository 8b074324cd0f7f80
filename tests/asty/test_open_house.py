"""A verb is one file: it is dropped into a copy of the house, and the command line has it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GREET = '''"""Wish the city a good morning."""

import click

from asty.call import Call, json_option
from city.errors import ExitCode


@click.command("greet")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Say good morning, in both languages."""
    call.screen.result({"en": "good morning"}, ["good morning"])
    return ExitCode.DONE
'''


def copied(folder: Path) -> Path:
    """The rooms that a verb needs to be found and called."""
    for room in ("asty", "city"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def asty(house: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(house), "PYTHONPATH": str(house), "COLUMNS": "120"}
    command = [sys.executable, "-m", "asty", *args]
    return subprocess.run(command, cwd=house, env=environ, capture_output=True, text=True, check=False)


def test_a_new_verb_is_one_file(tmp_path: Path) -> None:
    house = copied(tmp_path)
    assert asty(house, "greet").returncode == 2, "nobody knows it yet"
    (house / "asty" / "verbs" / "greet.py").write_text(GREET)
    shown = asty(house, "--help")
    assert "greet     Wish the city a good morning." in shown.stdout
    done = asty(house, "greet", "--json")
    assert done.returncode == 0 and '"good morning"' in done.stdout, done.stderr


def test_a_verb_that_is_taken_away_is_gone(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "asty" / "verbs" / "draft.py").unlink()
    assert "draft" not in asty(house, "--help").stdout
    assert asty(house, "draft").returncode == 2


def test_help_reads_what_a_verb_says_and_imports_none(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "asty" / "verbs" / "broken.py").write_text('"""Cannot be imported."""\n\nraise RuntimeError\n')
    shown = asty(house, "--help")
    assert shown.returncode == 0 and "Cannot be imported." in shown.stdout
