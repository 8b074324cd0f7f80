"""A group of commands that are found: each is a module of one package, imported only when it is called."""

import ast
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click


class Commands(click.Group):
    """Each module of `package` is a command, by the module's name; it ends in a click command called `command`.

    Help is the first line of what each module says of itself: read, not imported, so that it comes at once.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - handed through to click
        package: str,
        **attributes: Any,  # noqa: ANN401 - as above
    ) -> None:
        super().__init__(*args, **attributes)
        self.package = package

    def summaries(self) -> Mapping[str, str]:
        """Each command with the first line of its module."""
        return {name: _first_line(source) for name, source in self._sources().items()}

    def _sources(self) -> Mapping[str, Path]:
        """Each command with the file that says what it is."""
        found: dict[str, Path] = {}
        for folder in importlib.import_module(self.package).__path__:
            for _, name, is_package in pkgutil.iter_modules([folder]):
                found[name] = Path(folder, name, "__init__.py") if is_package else Path(folder, f"{name}.py")
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(self._sources())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{self.package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Verbs"):
            formatter.write_dl(list(self.summaries().items()))


def _first_line(module: Path) -> str:
    told = ast.get_docstring(ast.parse(module.read_bytes())) or ""
    return told.partition("\n")[0]
