"""What every verb is given: the screen, and the workspace that the global options name."""

import os
from dataclasses import dataclass, field
from typing import TypedDict

import click

from asty import workspace
from asty.screen import Screen
from asty.workspace import Workspace


class Options(TypedDict, total=False):
    """The global options, as given."""

    name: str | None
    city: str | None
    base_port: int | None
    base_address: str | None


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of `asty`."""

    screen: Screen = field(default_factory=Screen)
    options: Options = field(default_factory=Options)
    _found: Workspace | None = None

    @property
    def workspace(self) -> Workspace:
        """Found when first asked for, so that help works anywhere. Raises InvalidInput."""
        if self._found is None:
            self._found = workspace.find(os.environ, **self.options)
        return self._found

    def prepared(self) -> Workspace:
        """The workspace with its folders made."""
        self.workspace.prepare()
        return self.workspace


def _want_json(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    call = ctx.obj
    if isinstance(call, Call):
        call.screen.json = value


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_want_json,
    help="One JSON document on stdout; progress stays on stderr.",
)

hosts_option = click.option(
    "--hosts/--without-hosts",
    default=None,
    help="Whether the servers of a new lab really run: by default, where this machine can. Takes root.",
)
