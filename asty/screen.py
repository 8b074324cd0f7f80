"""What an operator sees: results on stdout, progress and errors on stderr.

One verb, three readers. A person at a terminal gets bars and colours; a pipe gets plain lines; `--json`
gets exactly one JSON document on stdout, also where the verb failed. NO_COLOR (no-color.org) is honoured.
What devices, files and clouds wrote steers no terminal: control characters are shown as such.
"""

import errno
import io
import json
import os
import re
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from city.errors import AstyError, InvalidCity
from city.foreign import one_line, visible

Report = Callable[[str], None]
Advance = Callable[[str], None]

_RED, _GREEN = "31", "32"
_UNSEEN = re.compile(r"[^\n -~]")
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PARTS = 10
"""How many lines a long count leaves in a pipe."""


class ReaderGone(Exception):  # noqa: N818 - what is the case, not what went wrong: nobody reads any more
    """Whoever read our results had enough of them."""


def _stdout() -> TextIO:
    """Letters that its encoding does not have are shown by their numbers."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout or _nowhere()


def _stderr() -> TextIO:
    return sys.stderr or _nowhere()


def _nowhere() -> TextIO:
    """For a stream that whoever started us closed."""
    return Path(os.devnull).open("w", encoding="utf-8")


def to_nowhere(stream: TextIO) -> None:
    """What a stream that cannot be written holds still is dropped; else Python complains of it at exit."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


@dataclass(slots=True, kw_only=True)
class Screen:
    """`out` takes results, `err` the rest; both may be lines from several threads.

    With --json the document waits for `close`, when nothing interrupts its writing any more.
    """

    json: bool = False
    debug: bool = False
    out: TextIO = field(default_factory=_stdout)
    err: TextIO = field(default_factory=_stderr)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _document: str = ""

    def line(self, text: str) -> None:
        """One event of the work under way."""
        self._say(visible(text))

    def result(self, content: Any, text: Iterable[str]) -> None:  # noqa: ANN401 - JSON is any JSON
        """What the verb found: `content` with --json, else the lines of `text`. Raises ReaderGone."""
        if self.json:
            if self._document:
                raise AssertionError("a verb has one result")
            self._document = _rendered(content)
            return
        for line in text:
            self._write(visible(line))

    def error(self, error: AstyError, code: int | None = None) -> None:
        """Thing, problem, remedy; for a city every defect, in the form that editors jump to.

        `code` is that of the process where it is not the error's own. After a result, that stays the document.
        """
        defects = error.defects if isinstance(error, InvalidCity) else ()
        for defect in defects:
            self._say(one_line(str(defect)))
        problem = visible(error.problem.rstrip())
        end = "\n" if "\n" in problem else ". "
        told = f"{one_line(error.thing)}: {problem}{end}{visible(error.remedy)}"
        self._say(f"{self._colour(self.err, 'error:', _RED)} {told}")
        if self.json and not self._document:
            self._document = _rendered({"error": _as_json(error, code)})

    def close(self, code: int) -> None:
        """Write the one document of --json: what was found, the error, or at least the exit code. Raises ReaderGone."""
        if self.json:
            self._write(self._document or _rendered({"exit_code": code}))

    @contextmanager
    def counting(self, title: str, total: int) -> Iterator[Advance]:
        """A bar on a terminal, about ten lines in a pipe; call the value once for each subject done."""
        if _is_terminal(self.err) and not self.json:
            with _bar(self.err, one_line(title), total) as advance:
                yield advance
        else:
            yield _Lines(self.line, title, total).advance

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A named part of the work, with the time it took."""
        started = time.monotonic()
        title = one_line(title)
        self._say(f"{title} ...")
        try:
            yield
        except BaseException:
            self._say(f"{title}: {self._colour(self.err, 'stopped', _RED)} after {time.monotonic() - started:.1f} s")
            raise
        self._say(f"{title}: {self._colour(self.err, 'done', _GREEN)} in {time.monotonic() - started:.1f} s")

    def _write(self, text: str) -> None:
        try:
            print(text, file=self.out, flush=True)
        except OSError as error:
            to_nowhere(self.out)
            if error.errno == errno.EPIPE:
                raise ReaderGone from error
            raise

    def _say(self, text: str) -> None:
        """Work goes on where nobody listens any more."""
        with self._lock, suppress(OSError):
            print(text, file=self.err, flush=True)

    @staticmethod
    def _colour(stream: TextIO, text: str, code: str) -> str:
        if not _is_terminal(stream) or os.environ.get("NO_COLOR"):
            return text
        return f"\x1b[{code}m{text}\x1b[0m"


class _Lines:
    """Progress for those who read it later: a line at each tenth."""

    def __init__(self, say: Report, title: str, total: int) -> None:
        self._say, self._title, self._total = say, title, total
        self._done = 0
        self._lock = threading.Lock()

    def advance(self, _subject: str) -> None:
        with self._lock:
            before, self._done = self._tenths(), self._done + 1
            if self._tenths() > before or self._done == self._total:
                self._say(f"{self._title}: {self._done} of {self._total}")

    def _tenths(self) -> int:
        return self._done * _PARTS // max(self._total, 1)


@contextmanager
def _bar(stream: TextIO, title: str, total: int) -> Iterator[Advance]:
    from rich.console import Console  # noqa: PLC0415 - 0.2 s that a pipe and --help need not pay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[subject]}"), console=Console(file=stream)) as progress:
        task = progress.add_task(title, total=total, subject="")
        yield lambda subject: progress.update(task, advance=1, subject=one_line(subject))


def _rendered(content: Any) -> str:  # noqa: ANN401 - JSON is any JSON
    """One document (RFC 8259: no NaN, no infinity)."""
    return _UNSEEN.sub(_escaped, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _escaped(unseen: re.Match[str]) -> str:
    """As JSON writes characters that are not to stand in it; letters stay what they are."""
    character = unseen[0]
    if unicodedata.category(character) not in _STEERING:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _as_json(error: AstyError, code: int | None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "thing": error.thing,
        "problem": error.problem,
        "remedy": error.remedy,
        "exit_code": int(error.exit_code if code is None else code),
    }
    if isinstance(error, InvalidCity):
        content["defects"] = [
            {"file": str(d.file), "line": d.line, "problem": d.problem, "remedy": d.remedy} for d in error.defects
        ]
    return content
