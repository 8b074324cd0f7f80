"""Commands that are found in a folder: written there, they are there; nobody lists them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from asty.__main__ import main
from asty.commands import Commands
from asty.verbs import drill

PACKAGE = "found_by_a_test"
LAMP = '''"""Light one lamp.

The rest is for those who read on.
"""
import click

@click.command("lamp")
def command() -> None:
    click.echo("lit")
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package that can be imported."""
    made = tmp_path / PACKAGE
    made.mkdir()
    (made / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def group() -> Commands:
    return Commands("lamps", package=PACKAGE)


def test_a_module_that_is_written_there_is_a_command(folder: Path) -> None:
    (folder / "lamp.py").write_text(LAMP)
    assert CliRunner().invoke(group(), ["lamp"]).output == "lit\n"


def test_a_package_that_is_written_there_is_a_command_as_well(folder: Path) -> None:
    (folder / "street").mkdir()
    (folder / "street" / "__init__.py").write_text(LAMP.replace("one lamp", "a street").replace('"lamp"', '"street"'))
    assert group().summaries() == {"street": "Light a street."}
    assert CliRunner().invoke(group(), ["street"]).output == "lit\n"


def test_help_tells_the_first_line_of_each_and_imports_none(folder: Path) -> None:
    (folder / "lamp.py").write_text(f"{LAMP}\nraise RuntimeError('imported')\n")
    (folder / "bell.py").write_text('"""Ring."""\n')
    shown = CliRunner().invoke(group(), ["--help"]).output
    assert shown.splitlines()[-2:] == ["  bell  Ring.", "  lamp  Light one lamp."]


@pytest.mark.parametrize("name", ["horn", "__init__", "street.lamp", ""])
def test_what_is_not_there_is_no_command(folder: Path, name: str) -> None:
    (folder / "lamp.py").write_text(LAMP)
    assert group().get_command(click.Context(group()), name) is None


@pytest.mark.parametrize("name", sorted(drill.command.summaries()))
def test_every_command_of_a_drill_is_called_as_its_file(name: str) -> None:
    shown = CliRunner().invoke(main, ["drill", name, "--help"], prog_name="asty")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: asty drill {name} ")


@pytest.mark.parametrize("name", ["approve", "override", "report", "status", "verify"])
def test_who_is_awake_at_night_waits_for_no_engine_of_the_clouds(name: str) -> None:
    """They take seconds to load, and neither tell nor agree to anything."""
    engines = "{'asyncssh', 'openstack', 'pulumi', 'sqlalchemy'}"
    code = f"import sys, asty.verbs.drill.{name}; print(sorted({engines} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
