"""Devices over SSH: terminals that echo, prompts, commands over exec, and what faults do to all of it."""

import asyncio
import hmac
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncssh

from city.secrets import Secret
from lab.fleet.dialects.dialect import START, Answer, Session
from lab.fleet.faults import Faults
from lab.fleet.fleet import Fleet
from lab.fleet.registry import family

_CHUNK = 4096
_RETRANSMISSION_S = 0.2
"""TCP's smallest retransmission timeout on Linux; each further loss doubles it."""
_LONGEST_STALL_S = 30.0
_BACKSPACES = "\b\x7f"
_INTERRUPT, _END_OF_FILE, _CONTROL_Z = "\x03", "\x04", "\x1a"
log = logging.getLogger(__name__)
Process = asyncssh.SSHServerProcess[str]


class Login(asyncssh.SSHServer):
    """Lets the device's own user in with the lab's password, and knows every connection that is open."""

    def __init__(self, fleet: Fleet, device_id: str, password: Secret, open_connections: "Connections") -> None:
        self._fleet, self._device_id, self._password = fleet, device_id, password
        self._connections = open_connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.setdefault(self._device_id, set()).add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._connection is not None:
            self._connections[self._device_id].discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        state = self._fleet.state(self._device_id)
        await asyncio.sleep(delay_s(state.faults, random.Random(self._device_id)))  # noqa: S311 - a simulated network
        known = username == family(state.hardware.platform).dialect.user
        right = hmac.compare_digest(password.encode(), self._password.reveal().encode())
        return known and right and not state.faults.wrong_credentials


Connections = dict[str, set[asyncssh.SSHServerConnection]]


def delay_s(faults: Faults, drawn: random.Random) -> float:
    """How long one answer takes on its way: latency, and a retransmission for each loss in a row."""
    stall, timeout = 0.0, _RETRANSMISSION_S
    while faults.loss and drawn.random() < faults.loss and stall < _LONGEST_STALL_S:
        stall, timeout = stall + timeout, timeout * 2
    return faults.latency_s + min(stall, _LONGEST_STALL_S)


async def typed(process: Process, echo: bool) -> AsyncIterator[str]:  # noqa: FBT001 - a terminal echoes or does not
    """Each line that comes in, echoed when its turn has come, as a terminal with typed-ahead input does."""
    line = ""
    before = ""
    while chunk := await _read(process):
        shown: list[str] = []
        for character in chunk:
            if character == "\n" and before == "\r":
                before = character
                continue
            before = character
            if character in "\r\n":
                process.stdout.write("".join(shown) + "\r\n" if echo else "")
                shown.clear()
                yield line
                line = ""
            elif character == _END_OF_FILE and not line:
                return
            elif character in (_INTERRUPT, _CONTROL_Z):
                process.stdout.write("\r\n" if echo else "")
                yield "end" if character == _CONTROL_Z else ""
                line = ""
            elif character in _BACKSPACES:
                shown.append("\b \b" if line else "")
                line = line[:-1]
            else:
                shown.append(character)
                line += character
        if echo and shown:
            process.stdout.write("".join(shown))


async def _read(process: Process) -> str:
    while True:
        try:
            return await process.stdin.read(_CHUNK)
        except (asyncssh.TerminalSizeChanged, asyncssh.SignalReceived, asyncssh.BreakReceived):
            continue


class Shell:
    """One session of one device."""

    def __init__(self, fleet: Fleet, device_id: str, process: Process) -> None:
        self._fleet, self._id, self._process = fleet, device_id, process
        self._dialect = family(fleet.state(device_id).hardware.platform).dialect
        self._session: Session = START
        self._drawn = random.Random(device_id)  # noqa: S311 - a simulated network

    async def serve(self) -> None:
        try:
            if self._process.command is not None:
                await self._once(self._process.command)
            else:
                await self._converse()
        except (asyncssh.Error, ConnectionError):
            self._process.close()

    async def _once(self, command: str) -> None:
        answer = await self._take(command)
        if answer is not None:
            self._process.stdout.write(answer.text + "\n" if answer.text else "")
            self._process.exit(1 if answer.failed else 0)

    async def _converse(self) -> None:
        self._process.stdout.write("\r\n" + self._prompt())
        async for line in typed(self._process, echo=self._process.term_type is not None):
            answer = await self._take(line)
            if answer is None:
                return
            if answer.leaves:
                break
            text = answer.text.replace("\n", "\r\n") + "\r\n" if answer.text else ""
            self._process.stdout.write(text + self._prompt())
        self._process.exit(0)

    async def _take(self, line: str) -> Answer | None:
        """The answer to a line, when it has come over the wire; None where the device rebooted instead."""
        state = self._fleet.state(self._id)
        await asyncio.sleep(delay_s(state.faults, self._drawn))
        answer = self._dialect.answer(self._fleet.state(self._id), self._session, line, self._fleet.now())
        self._session = answer.session
        self._fleet.put(answer.state)
        self._fleet.taken[self._id] += answer.took
        if answer.reboots or self._stumbles(answer):
            self._fleet.boot(self._id)
            return None
        return answer

    def _stumbles(self, answer: Answer) -> bool:
        """Count down to the reboot that a fault ordered; True when it is due."""
        faults = answer.state.faults
        if not answer.took or faults.reboot_after is None:
            return False
        left = faults.reboot_after - 1
        self._fleet.fail(self._id, replace(faults, reboot_after=left if left > 0 else None))
        return left <= 0

    def _prompt(self) -> str:
        asked = self._dialect.question(self._session)
        return asked or self._dialect.prompt(self._fleet.state(self._id), self._session)
