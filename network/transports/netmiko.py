"""Sessions over SSH by Netmiko, without its guesses: what is awaited is known, so nothing sleeps.

Netmiko connects and disconnects; in between commands go out in flights and are read until the
device shows the prompt that ends the last of them.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import paramiko

from city.foreign import one_line
from city.inventory import Endpoint
from network.transports.base import Deadline, SessionLost, Unreachable
from network.transports.connection import Connection, connect
from network.transports.terminal import Terminal
from network.transports.transcript import answers, check, check_shown, greeted, question, ready, refusal
from platforms.grammar.protocol import Grammar

FLIGHT = 40
"""Commands that are sent before the first answer is read: more could overrun a device's terminal buffer."""
_CHUNK = 65536
_GREETING = 256 * 1024
_ANSWERS = 16 * 1024 * 1024
"""Bytes of a greeting, and of the answers to one flight, after which no more is read."""
_SHOWN = 80

Found = TypeVar("Found")
Checked = Callable[[Sequence[str], Sequence[str]], None]


class NetmikoTransport:
    """See Transport. `connect_s` bounds each of TCP, greeting and authentication, within the deadline."""

    def __init__(self, connect_s: float = 10.0) -> None:
        self._connect_s = connect_s

    def open(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> "NetmikoSession":
        connection = connect(endpoint, min(self._connect_s, max(deadline.left, 0.1)), deadline)
        session = NetmikoSession(endpoint, platform, deadline, connection)
        try:
            session.greet()
        except SessionLost as error:
            session.close()
            raise Unreachable(
                error.thing, f"it let us in and showed no prompt: {error.problem}", "Look at its console."
            ) from error
        return session


class NetmikoSession:
    """See Session."""

    def __init__(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline, connection: Connection) -> None:
        self._device, self._platform, self._deadline = endpoint.device, platform, deadline
        self._connection = connection
        self._fresh = True
        self._meant = False
        """The commands are to change something: whoever is asked whether they are meant agrees."""

    def greet(self) -> None:
        """Read until the device waits for a command. Raises SessionLost."""
        self._read_until(lambda screen: greeted(screen.tail, self._platform) or None, _GREETING)

    def run(self, commands: Sequence[str]) -> tuple[str, ...]:
        self._meant = True
        found = self._prepared(commands, lambda said, texts: check(self._device, said, texts, self._platform))
        return found[len(found) - len(commands) :]

    def show(self, commands: Sequence[str]) -> tuple[str, ...]:
        self._meant = False
        found = self._prepared(commands, lambda said, texts: check_shown(self._device, said, texts, self._platform))
        return found[len(found) - len(commands) :]

    def tell(self, commands: Sequence[str]) -> tuple[str, ...]:
        self._meant = True
        found: list[str] = []
        for flight in self._flights(commands):
            found += self._fly(flight)
            if not self._platform.pipelined and refusal(found[-1], self._platform):
                break
        return tuple(found)

    def close(self) -> None:
        self._connection.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepared(self, commands: Sequence[str], checked: Checked) -> tuple[str, ...]:
        unsaid = [*(self._platform.prepare if self._fresh else ()), *commands]
        self._fresh = False
        said: list[str] = []
        for flight in self._flights(unsaid):
            texts = self._fly(flight)
            ours = max(0, len(unsaid) - len(commands) - len(said))
            checked(flight[ours:], texts[ours:])
            said += texts
        return tuple(said)

    def _flights(self, commands: Sequence[str]) -> list[Sequence[str]]:
        size = FLIGHT if self._platform.pipelined else 1
        return [commands[start : start + size] for start in range(0, len(commands), size)]

    def _fly(self, commands: Sequence[str]) -> tuple[str, ...]:
        self._write("".join(f"{command}\n" for command in commands).encode(errors="surrogateescape"))

        def whole(screen: Terminal) -> tuple[str, ...] | None:
            waits = ready(screen.tail, self._platform)
            return answers(screen.text, commands, self._platform) if waits else None

        return self._read_until(whole, _ANSWERS)

    def _read_until(self, whole: Callable[[Terminal], Found | None], most: int) -> Found:
        screen, received = Terminal(), 0
        while received <= most:
            data = self._read(screen)
            received += len(data)
            screen.take(data)
            if (found := whole(screen)) is not None:
                return found
            if (typed := question(screen.tail, self._platform, meant=self._meant)) is not None:
                self._write(typed.encode())
        raise self._lost(f"it sends without end: {most} bytes and no prompt")

    def _read(self, screen: Terminal) -> bytes:
        channel = self._channel()
        channel.settimeout(max(self._deadline.left, 0.001))
        try:
            data = b"" if self._deadline.over else channel.recv(_CHUNK)
        except TimeoutError as error:
            raise self._silent(screen) from error
        if not data:
            raise self._silent(screen) if self._deadline.over else self._lost("the session was closed")
        return data

    def _write(self, data: bytes) -> None:
        channel = self._channel()
        channel.settimeout(max(self._deadline.left, 0.001))
        try:
            channel.sendall(data)
        except (OSError, EOFError) as error:
            raise self._lost("the session was closed") from error

    def _channel(self) -> paramiko.Channel:
        channel = self._connection.remote_conn
        if not isinstance(channel, paramiko.Channel):
            raise self._lost("the session is closed")
        return channel

    def _silent(self, screen: Terminal) -> SessionLost:
        """With the last that it wrote: a question, or a prompt that nobody expects."""
        last = one_line(screen.tail.rstrip().rpartition("\n")[2])[-_SHOWN:]
        return self._lost(
            f"it fell silent, or came to no end in time; last it showed {last!r}" if last else "it fell silent"
        )

    def _lost(self, problem: str) -> SessionLost:
        return SessionLost(f"device {self._device}", problem, "What was sent last may have been taken or not.")
