"""One process on the street, which answers questions for as long as somebody has some: to start one for each question
costs more than most answers, and a drill of a whole city asks hundreds."""

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, Thread
from typing import Any

from city.errors import NeedsPerson

_AGENT = "drs.outside.agent"


@dataclass(slots=True, kw_only=True)
class StreetAgent:
    """`python` runs a module of ours there. Asked from several threads at once; one that has ended is started anew."""

    python: Sequence[str]
    _process: "subprocess.Popen[str] | None" = None
    _waiting: dict[int, "Future[Any]"] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=count)
    _turn: Lock = field(default_factory=Lock)

    def ask(self, question: dict[str, Any], within_s: float) -> Any:  # noqa: ANN401 - JSON
        """What drs.outside.agent answers. Raises NeedsPerson where nobody there could be asked."""
        identity, answer = next(self._ids), Future[Any]()
        try:
            with self._turn:
                stdin = self._running().stdin
                self._waiting[identity] = answer
                if stdin is not None:
                    stdin.write(json.dumps({"id": identity, **question}) + "\n")
                    stdin.flush()
            return answer.result(within_s)
        except TimeoutError as error:
            raise _unasked(f"no answer in {within_s:g} s") from error
        except (OSError, ValueError) as error:  # ValueError: whoever heard it end has closed its pipes
            raise _unasked(str(error)) from error

    def end(self) -> None:
        """Nothing more is asked; who still waits is told so."""
        with self._turn:
            process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with suppress(BrokenPipeError):  # it ended by itself, and a question was under way
                process.stdin.close()
            process.wait()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            pipe = subprocess.PIPE
            self._waiting, command = {}, (*self.python, _AGENT)
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - the street's own words
            Thread(target=_hear, args=(self._process, self._waiting), daemon=True).start()
        return self._process


def _hear(process: "subprocess.Popen[str]", waiting: "dict[int, Future[Any]]") -> None:
    """Until it ends; whoever waits then is told so. Whoever waited too long is in nobody's way."""
    with suppress(BrokenPipeError), process:  # at its end a question may wait that nobody hears any more
        for line in process.stdout or ():
            told = json.loads(line)
            answer = waiting.pop(told["id"])
            if "failed" in told:
                answer.set_exception(_unasked(told["failed"]))
            else:
                answer.set_result(told["answer"])
        said = (process.stderr.read() if process.stderr else "").strip().rpartition("\n")[2]
    for answer in list(waiting.values()):  # somebody may ask meanwhile
        answer.set_exception(_unasked(said or f"exit {process.returncode}"))


def _unasked(said: str) -> NeedsPerson:
    remedy = "`asty lab status` says whether it is there."
    return NeedsPerson("the street", f"nobody there could be asked ({said})", remedy)
