"""The command line. Each verb is a module of asty.verbs, imported only when it is called.

Exit codes are city.errors.ExitCode; 1 with a log file for what nobody expected; 130 for Ctrl-C, 143 for SIGTERM.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from asty.call import Call, Options
from asty.commands import Commands
from asty.ending import ending


class Verbs(Commands):
    """What is called `asty`: it ends the process with the code that says how it went."""

    def main(  # type: ignore[override]  # click types the two modes apart; this one always exits
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - handed through to click
    ) -> NoReturn:
        """Run one verb and exit with the code that says how it went."""
        given, name, call = list(sys.argv[1:] if args is None else args), prog_name or "asty", Call()
        self._main_shell_completion(extra, name)
        call.screen.json = "--json" in given  # also where they cannot be understood

        def work() -> object:
            with self.make_context(name, given, obj=call, **extra) as context:
                return self.invoke(context)

        sys.exit(ending(work, call))


@click.group(cls=Verbs, package="asty.verbs", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", help="Whose state and lab; else ASTY_WORKSPACE, else `lab`.")
@click.option("--city", help="A name under cities/ or a folder; else ASTY_CITY, else `thessaloniki`.")
@click.option("--base-port", type=int, help="First TCP port of the workspace's lab (known for `lab` and `test`).")
@click.option("--base-address", help="First loopback address of its devices (known for `lab` and `test`).")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.version_option(package_name="asty", message="%(version)s")
@click.pass_obj
def main(  # noqa: PLR0913 - one parameter per global option
    call: Call,
    *,
    workspace: str | None,
    city: str | None,
    base_port: int | None,
    base_address: str | None,
    debug: bool,
) -> None:
    """The connected city, as code: declare it, bring the world to it, watch it, drill its loss."""
    call.options = Options(name=workspace, city=city, base_port=base_port, base_address=base_address)
    call.screen.debug = debug
    if not debug:
        logging.getLogger().addHandler(logging.NullHandler())  # what libraries warn of, our errors say in our words


if __name__ == "__main__":
    main()
