"""A vantage point elsewhere: a process that `monitoring.probing.agent` is, started there and asked over its pipes."""

import asyncio
import itertools
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitoring.probing.agent import LONGEST_LINE, answer, question
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask
from monitoring.probing.probe import Found

_LOG = logging.getLogger(__name__)
_GRACE_S = 2.0
"""An agent keeps the deadline itself; one that is later than that by so much is not there."""
_STARTS_WITHIN_S = 10.0
"""The first answer of an agent that was just started may take this much longer."""
_ENDED = "the vantage point has ended"

AGENT = (sys.executable, "-m", "monitoring.probing.agent")


@dataclass(slots=True, kw_only=True)
class Afar:
    """`command` starts the agent there, as `("ip", "netns", "exec", "street", *AGENT)`: started at the first question,
    and again after it ended."""

    command: Sequence[str]
    _process: asyncio.subprocess.Process | None = None
    _reading: "asyncio.Task[None] | None" = None
    _waiting: dict[int, "asyncio.Future[Found]"] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _has_answered: bool = False

    async def look(self, ask: Ask) -> Found:
        """Never raises: where the agent does not answer, nobody stands there."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        patience = ask.deadline_s + _GRACE_S + (0 if self._has_answered else _STARTS_WITHIN_S)
        try:
            _tell(await self._running(), question(number, ask))
            return await asyncio.wait_for(waiting, patience)
        except (OSError, TimeoutError) as trouble:
            reason = str(trouble) or f"the vantage point says nothing within {patience:g} s"
            return Found(failure=Failure.NOT_ASKED, seconds=0, heard=False, detail=reason)
        finally:
            self._waiting.pop(number, None)

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._has_answered = False
                pipe = asyncio.subprocess.PIPE
                self._process = await asyncio.create_subprocess_exec(
                    *self.command, stdin=pipe, stdout=pipe, limit=LONGEST_LINE, start_new_session=True
                )
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Until the agent ends; who waits for it then is told."""
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            while line := await process.stdout.readline():
                self._answered(*answer(line))
        except ValueError as nonsense:
            _LOG.error("%s: %s", self.command[0], nonsense)
            process.kill()
        await process.wait()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(OSError(_ENDED))

    def _answered(self, number: int, found: Found) -> None:
        self._has_answered = True
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(found)

    async def close(self) -> None:
        """Its input ends, and so does it."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE_S)
        except TimeoutError:
            self._process.kill()
        if self._reading is not None:
            await self._reading


def _tell(process: asyncio.subprocess.Process, line: bytes) -> None:
    """Raises OSError where it has ended by now."""
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        process.stdin.write(line)
    except RuntimeError as closed:  # uvloop's word for a pipe that it has closed
        raise OSError(_ENDED) from closed
