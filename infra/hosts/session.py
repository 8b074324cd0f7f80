"""One SSH session on a host, by Fabric: nobody but the host with the recorded key is spoken to, and nothing is endless.

A command is one text for the host's shell, as SSH has it (RFC 4254, 6.5). `words` makes it of words, none of which the
shell reads as anything but itself.
"""

import logging
import shlex
import socket
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Timer

import paramiko
from fabric import Config, Connection
from fabric.runners import Remote
from invoke.exceptions import CommandTimedOut, ThreadException

from city.errors import Failed, NeedsPerson
from city.silence import why_silent
from infra.hosts.access import Access, Dial
from infra.hosts.host import SSH, Host

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # what went wrong is ours to say
_NO_KEY = "No authentication methods available"
"""So Paramiko says it."""
_LOOK = "Look at the server's console in its cloud."
_BYTES = "latin-1"
"""Keeps each byte as it is. Invoke decodes every piece by itself, and a piece may end within a letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command ended with. `cut` says that it wrote more than is kept."""

    exit: int
    stdout: str
    stderr: str
    cut: bool = False


def words(command: Sequence[str]) -> str:
    """For the host's shell: each word is itself, whatever is in it."""
    return shlex.join(command)


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that stands; commands run on it one after the other."""

    host: Host
    access: Access
    _connection: Connection = field(repr=False)

    def run(self, command: str, given: bytes = b"") -> Ran:
        """Run a command to its end; `given` is what it reads. Raises NeedsPerson where its end was not seen: it may
        still be running."""
        kept: list[_Bounded] = []
        config = self._connection.config
        config.runners.remote = partial(_bounded, kept, self.access, given)
        try:
            done = self._connection.run(
                command, hide=True, warn=True, in_stream=False, timeout=self.access.bounds.run_s, encoding=_BYTES
            )
        except CommandTimedOut:
            raise self._unseen(f"it did not end within {self.access.bounds.run_s:g} s") from None
        except (paramiko.SSHException, ThreadException, OSError, EOFError) as error:
            raise self._unseen(f"the connection broke ({_said(error)})") from error
        if done.exited < 0:
            raise self._unseen("it told no exit code: a signal ended it, or the connection broke")
        return Ran(exit=done.exited, stdout=_text(done.stdout), stderr=_text(done.stderr), cut=kept[0].cut)

    def stands(self) -> bool:
        """Whether the host still answers on this connection: one round trip, where a new session takes many."""
        try:
            line = self._connection.client.get_transport()
            line.open_session(timeout=self.access.bounds.connect_s).close()
        except (paramiko.SSHException, AttributeError, OSError, EOFError):
            return False
        return True

    def begin(self, command: str) -> paramiko.Channel:
        """Start a command that is talked with, line by line. Raises Failed where the connection is gone."""
        try:
            line = self._connection.client.get_transport()
            with _taken_within(line, self.access):
                channel: paramiko.Channel = line.open_session()
                channel.settimeout(self.access.bounds.run_s)
                channel.exec_command(command)
        except (paramiko.SSHException, AttributeError, OSError, EOFError) as error:
            raise _closed(self.host, self.access, f"the connection broke ({_said(error)})") from error
        return channel

    def _unseen(self, problem: str) -> NeedsPerson:
        said = "somebody interrupted us" if self.access.stop.is_set() else problem
        return NeedsPerson(str(self.host), said, "It may still be running there: look before it is run again.")


@contextmanager
def session(host: Host, access: Access, dial: Dial | None = None) -> Iterator[Session]:
    """Raises Failed where the host cannot be reached, is not the one that the cloud recorded, or does not let us in."""
    with closing(_dialled(host, access, dial or access.dial)) as line, access.stop.held(line):
        connection = _connection(host, access, line)
        try:
            _open(connection, host, access)
            yield Session(host, access, connection)
        finally:
            connection.client.close()


def _dialled(host: Host, access: Access, dial: Dial) -> socket.socket:
    begun = time.monotonic()
    try:
        return dial(host)
    except OSError as error:
        said = why_silent(error, time.monotonic() - begun) or error.strerror or str(error)
        raise _closed(host, access, f"nobody answers at {host.address} port {host.port} ({said})") from error


def _connection(host: Host, access: Access, line: socket.socket) -> Connection:
    """Nothing of the user's own settings counts, and only the recorded keys of the host are good."""
    bounds = access.bounds
    connection = Connection(
        host=str(host.address),
        port=host.port,
        user=access.user,
        config=Config(overrides={"load_ssh_configs": False}, lazy=True),
        connect_kwargs={
            "sock": line,
            "timeout": bounds.connect_s,
            "banner_timeout": bounds.connect_s,
            "auth_timeout": bounds.connect_s,
            "key_filename": [str(access.identity)] if access.identity else [],
            "look_for_keys": access.identity is None,
            "allow_agent": access.identity is None,
        },
    )
    name = str(host.address) if host.port == SSH else f"[{host.address}]:{host.port}"
    for key in host.keys:
        kind, text = key.split()
        connection.client.get_host_keys().add(name, kind, paramiko.PKey.from_type_string(kind, b64decode(text)))
    connection.client.set_missing_host_key_policy(paramiko.RejectPolicy())
    return connection


def _open(connection: Connection, host: Host, access: Access) -> None:
    try:
        connection.open()
    except paramiko.BadHostKeyException as error:
        problem = "it shows another host key than the cloud recorded: another machine may stand at its address"
        raise _closed(host, access, problem) from error
    except paramiko.PasswordRequiredException as error:
        raise _closed(host, access, "our key is locked with a passphrase", "Load the key into an SSH agent.") from error
    except paramiko.AuthenticationException as error:
        problem = f"it does not let {access.user} in with our keys"
        raise _closed(host, access, problem, "Name another key by --identity, or another --user.") from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if _NO_KEY in str(error):
            raise _closed(host, access, "we have no key to offer", "Name one by --identity.") from error
        raise _closed(host, access, f"it speaks no SSH with us ({_said(error)})") from error


@contextmanager
def _taken_within(line: paramiko.Transport, access: Access) -> Iterator[None]:
    """A host that does not take a command is given up: by itself Paramiko waits for an hour, and then for ever.

    One that is frozen, or gone without a word, is found so on a line that stood a moment ago.
    """
    patience = Timer(access.bounds.taken_s, line.close)
    patience.daemon = True
    patience.start()
    try:
        yield
    finally:
        patience.cancel()


def _bounded(
    kept: "list[_Bounded]", access: Access, given: bytes, context: Connection, *, inline_env: bool
) -> "_Bounded":
    kept.append(_Bounded(access, given, context, inline_env=inline_env))
    return kept[-1]


class _Bounded(Remote):  # type: ignore[misc]  # Fabric ships without types
    """A command of which so many bytes are kept; the rest is read and forgotten."""

    input_sleep = 0.02

    def __init__(self, access: Access, given: bytes, context: Connection, *, inline_env: bool) -> None:
        super().__init__(context, inline_env=inline_env)
        self._access, self._given = access, given
        self._left = {"out": access.bounds.output, "err": access.bounds.output}
        self.cut = False

    def start(self, command: str, shell: str, env: dict[str, str], timeout: float | None = None) -> None:
        with _taken_within(self.context.transport, self._access):
            super().start(command, shell, env, timeout)

    def send_start_message(self, command: str) -> None:
        """Nobody types to it: a command that reads finds what it is given, and the end."""
        super().send_start_message(command)
        if self._given:
            self.channel.settimeout(self._access.bounds.run_s)
            with suppress(OSError):  # who ends without reading it says by its exit code how it ended
                self.channel.sendall(self._given)
            self.channel.settimeout(None)
        self.channel.shutdown_write()

    def read_proc_stdout(self, num_bytes: int) -> bytes:
        return self._read("out", self.channel.recv, num_bytes)

    def read_proc_stderr(self, num_bytes: int) -> bytes:
        return self._read("err", self.channel.recv_stderr, num_bytes)

    def _read(self, stream: str, receive: Callable[[int], bytes], count: int) -> bytes:
        while data := receive(count):
            if kept := data[: self._left[stream]]:
                self._left[stream] -= len(kept)
                self.cut = self.cut or len(kept) < len(data)
                return kept
            self.cut = True
        return b""


def _text(kept: str) -> str:
    return kept.encode(_BYTES).decode("utf-8", "replace")


def _said(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _closed(host: Host, access: Access, problem: str, remedy: str = _LOOK) -> Failed:
    said = "somebody interrupted us" if access.stop.is_set() else problem
    return Failed(str(host), f"{said}, so nothing was run there", remedy)
