"""The command line. Each verb is a module of asty.verbs, imported only when it is called.

Exit codes are city.errors.ExitCode; 1 with a log file for what nobody expected; 130 for Ctrl-C.
"""

import ast
import importlib
import logging
import os
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from asty import verbs
from asty.call import Call, Options
from city.disk import disk_trouble
from city.errors import AstyError, ExitCode

_INTERRUPTED = 128 + 2
_READER_GONE = 128 + 13
"""As a shell tells the death by SIGINT and SIGPIPE."""


def summaries() -> dict[str, str]:
    """Each verb with the first line of what its module says of itself; read, not imported, so that help is instant."""
    return {name: _first_line(Path(path, f"{name}.py")) for path, name in _verbs()}


def _verbs() -> list[tuple[str, str]]:
    """The folder and the name of each module of asty.verbs."""
    return [(path, name) for path in verbs.__path__ for _, name, _ in pkgutil.iter_modules([path])]


def _first_line(module: Path) -> str:
    told = ast.get_docstring(ast.parse(module.read_bytes())) or ""
    return told.partition("\n")[0]


class Verbs(click.Group):
    """Each module of asty.verbs is a verb, by the module's name; it ends in a click command called `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for _, name in _verbs()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"asty.verbs.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Verbs"):
            formatter.write_dl(list(summaries().items()))

    def main(  # type: ignore[override]  # click types the two modes apart; this one always exits
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - handed through to click
    ) -> NoReturn:
        """Run one verb and exit with the code that says how it went."""
        call = Call()
        extra |= {"standalone_mode": False, "obj": call}
        sys.exit(ending(lambda: super(Verbs, self).main(args, prog_name or "asty", **extra), call))


def ending(work: Callable[[], object], call: Call) -> int:
    """The exit code of `work`, every error told on the screen once."""
    try:
        code = work()
    except AstyError as error:
        call.screen.error(error)
        return error.exit_code
    except click.ClickException as error:
        error.show(file=call.screen.err)
        return ExitCode.INVALID
    except (click.Abort, KeyboardInterrupt):
        call.screen.line("interrupted: what was done stays done; the same command goes on from there")
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at exit
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: told, logged, never a bare traceback
        return _unexpected(error, call)
    return code if isinstance(code, int) else ExitCode.DONE


def _unexpected(error: Exception, call: Call) -> int:
    trace = "".join(traceback.format_exception(error))
    if call.screen.debug:
        call.screen.line(trace)
    known = disk_trouble(error)
    call.screen.error(known or _ours(error, _log(trace, call)))
    return known.exit_code if known else ExitCode.FAILED


def _ours(error: Exception, log: Path | None) -> AstyError:
    summary = str(error).partition("\n")[0]
    where = f"The details are in {log}" if log else "Its log could not be written; `asty --debug` shows the details"
    named = f"{type(error).__name__}: {summary}" if summary else type(error).__name__
    return AstyError("asty itself", named, f"{where}; please report them.")


def _log(trace: str, call: Call) -> Path | None:
    """Where the details were written; None where they can be written nowhere."""
    folders: tuple[Callable[[], Path], ...] = (
        lambda: call.prepared().logs,
        lambda: Path(tempfile.mkdtemp(prefix="asty-")),
    )
    for folder in folders:
        with suppress(AstyError, OSError):
            path = folder() / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
            path.touch(mode=0o600)
            path.write_text(trace, encoding="utf-8", errors="backslashreplace")
            return path
    return None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
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
