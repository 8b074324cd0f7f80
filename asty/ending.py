"""How a call of `asty` ends: its exit code, every error told once, and with --json one document, whatever happened."""

import os
import select
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from click.exceptions import Exit, NoArgsIsHelpError

from asty.call import Call
from asty.screen import ReaderGone, Screen, to_nowhere
from city.disk import disk_trouble
from city.errors import AstyError, ExitCode, InvalidInput

_BY_SIGNAL = 128
"""What a shell adds to the number of the signal that ended a process."""
_READER_GONE = _BY_SIGNAL + signal.SIGPIPE
_ASKED = (signal.SIGTERM, signal.SIGHUP)
"""Signals that ask us to end, besides Ctrl-C, which Python tells itself."""


class Asked(KeyboardInterrupt):
    """Another process asked us to end, or the terminal closed: to the work under way the same as Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def ending(work: Callable[[], object], call: Call) -> int:
    """The exit code of `work`. Every error is told on the screen once; with --json stdout gets one document."""
    with _asked_to_end() as deaf, _alone(call.screen):
        try:
            code = _code_of(work())
        except BaseException as error:  # noqa: BLE001 - the last line of defence: told, logged, never a bare traceback
            deaf()
            code = _tell(error, call)
        deaf()
        code = _closed(call.screen, code)
    _let_go(sys.stdout, sys.stderr)
    return code


def _let_go(*streams: TextIO | None) -> None:
    """What could not be written was told; held any longer, Python would try again at its exit, and end with 120."""
    for stream in filter(None, streams):
        try:
            stream.flush()
        except (OSError, ValueError):
            to_nowhere(stream)


def _code_of(result: object) -> int:
    return result if isinstance(result, int) else ExitCode.DONE


def _tell(error: BaseException, call: Call) -> int:
    """The code of an error, which is told unless nobody is there to read it."""
    match error:
        case Exit() | SystemExit():
            code = error.exit_code if isinstance(error, Exit) else error.code
            return code if isinstance(code, int) else ExitCode.FAILED if code else ExitCode.DONE
        case ReaderGone() | BrokenPipeError() if isinstance(error, ReaderGone) or _nobody_reads(sys.stdout):
            return _READER_GONE
        case click.Abort() | KeyboardInterrupt():
            return _interrupted(error.number if isinstance(error, Asked) else signal.SIGINT, call.screen)
        case BaseExceptionGroup() if (stopped := error.subgroup(KeyboardInterrupt)) is not None:
            return _tell(_first(stopped), call)
        case click.ClickException():
            error = _misused(error, call.screen)
    known = error if isinstance(error, AstyError) else disk_trouble(error) or _unexpected(error, call)
    call.screen.error(known)
    return known.exit_code


def _nobody_reads(stream: TextIO | None) -> bool:
    """Whether the other end is closed, as where click printed its help for somebody who had enough of it."""
    asked = select.poll()
    try:
        asked.register(stream or -1, 0)  # a closed end is told in any case
    except (OSError, ValueError):
        return False
    gone = stream is not None and bool(asked.poll(0))
    if stream and gone:
        to_nowhere(stream)
    return gone


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _interrupted(number: int, screen: Screen) -> int:
    remedy = "What was done stays done; the same command goes on from there."
    screen.error(AstyError("asty", f"it was interrupted ({signal.Signals(number).name})", remedy), _BY_SIGNAL + number)
    return _BY_SIGNAL + number


def _misused(error: click.ClickException, screen: Screen) -> AstyError:
    """An option or an argument that is not as the verb takes it."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    asked = context.command_path if context else "asty"
    problem = error.format_message().rstrip(".")
    if isinstance(error, NoArgsIsHelpError):
        screen.line(problem)
        problem = "it needs to be told what to do"
    return InvalidInput(asked, problem, f"`{asked} --help` shows what it takes.")


def _unexpected(error: BaseException, call: Call) -> AstyError:
    trace = "".join(traceback.format_exception(error))
    if call.screen.debug:
        call.screen.line(trace)
    log = _log(trace, call)
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
        with suppress(BaseException):  # whatever made `error` may make this, too; there is another folder
            path = folder() / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
            path.touch(mode=0o600)
            path.write_text(trace, encoding="utf-8", errors="backslashreplace")
            return path
    return None


def _closed(screen: Screen, code: int) -> int:
    """The code, once all that is said has been written; another where that cannot be."""
    try:
        screen.close(code)
    except ReaderGone:
        code = _READER_GONE
    except OSError as error:
        known = disk_trouble(error) or AstyError("stdout", f"it cannot be written ({error.strerror})", "Give another.")
        screen.error(known)
        code = known.exit_code
    return code


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], None]]:
    """Signals that ask us to end raise Asked. Call the value to hear no more of them, nor of Ctrl-C.

    A signal that whoever started us ignores, as nohup does, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in (*_ASKED, signal.SIGINT)}

    def end(number: int, _frame: object) -> None:
        raise Asked(number)

    def deaf() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    for number in _ASKED:
        if before[number] is signal.SIG_DFL:
            signal.signal(number, end)
    try:
        yield deaf
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _alone(screen: Screen) -> Iterator[None]:
    """With --json, stdout is the document's alone: what a library or a program of ours prints goes to stderr."""
    if not screen.json:
        yield
        return
    own = sys.stdout is not None and sys.stdout is sys.__stdout__
    with _kept_apart(screen) if own else redirect_stdout(screen.err):
        yield


@contextmanager
def _kept_apart(screen: Screen) -> Iterator[None]:
    """The same where stdout is the process's own, which programs that it starts inherit."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as screen.out:
        with suppress(OSError):  # where stderr is closed
            os.dup2(2, 1)
        yield
        os.dup2(screen.out.fileno(), 1)
