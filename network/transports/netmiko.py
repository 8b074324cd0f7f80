"""Sessions over SSH by Netmiko, without its guesses: what is awaited is known, so nothing sleeps.

Netmiko connects and disconnects; in between commands go out in flights and are read until the
device shows the prompt that ends the last of them.
"""

import base64
import logging
import re
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import paramiko
from netmiko import NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.base_connection import BaseConnection

from city.errors import InvalidInput
from city.inventory import Endpoint
from city.secrets import resolve
from network.transports.base import CredentialsRefused, Deadline, HostKeyChanged, SessionLost, Unreachable
from network.transports.transcript import answers, check, clean, ready
from platforms.grammar.protocol import Grammar

FLIGHT = 40
"""Commands that are sent before the first answer is read: more could overrun a device's terminal buffer."""
_CHUNK = 65536
_BROKE_OFF = re.compile(r"authentication timeout|transport shut down or saw EOF", re.IGNORECASE)
"""What Paramiko calls a failed authentication too, though nobody refused anything."""
_TAIL = 200
"""More than any prompt: only a text that ends in one is worth reading as a whole."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())


class NetmikoTransport:
    """See Transport. `connect_s` bounds each of TCP, greeting and authentication, within the deadline."""

    def __init__(self, connect_s: float = 10.0) -> None:
        self._connect_s = connect_s

    def open(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> "NetmikoSession":
        connection = _connect(endpoint, min(self._connect_s, max(deadline.left, 0.1)))
        session = NetmikoSession(endpoint, platform, deadline, connection)
        try:
            session.greet()
        except SessionLost as error:
            session.close()
            raise Unreachable(error.thing, "it let us in and then said nothing", "Look at its console.") from error
        return session


class NetmikoSession:
    """See Session."""

    def __init__(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline, connection: "_Connection") -> None:
        self._device, self._platform, self._deadline = endpoint.device, platform, deadline
        self._connection = connection
        self._fresh = True

    def greet(self) -> None:
        text = ""
        while not ready(text, self._platform):
            text = clean(text + self._read())

    def run(self, commands: Sequence[str]) -> tuple[str, ...]:
        unsaid = [*(self._platform.prepare if self._fresh else ()), *commands]
        self._fresh = False
        flight = FLIGHT if self._platform.pipelined else 1
        said: list[str] = []
        for start in range(0, len(unsaid), flight):
            said += self._fly(unsaid[start : start + flight])
        return tuple(said[len(said) - len(commands) :])

    def close(self) -> None:
        self._connection.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fly(self, commands: Sequence[str]) -> tuple[str, ...]:
        try:
            self._connection.write_channel("".join(f"{command}\n" for command in commands))
        except (OSError, EOFError) as error:
            raise self._lost("the session was closed") from error
        raw = self._read()
        while not ready(raw[-_TAIL:], self._platform) or (
            (found := answers(clean(raw), commands, self._platform)) is None
        ):
            raw += self._read()
        check(self._device, commands, found, self._platform)
        return found

    def _read(self) -> str:
        channel = self._connection.remote_conn
        if not isinstance(channel, paramiko.Channel):
            raise self._lost("the session is closed")
        channel.settimeout(max(self._deadline.left, 0.001))
        try:
            data = channel.recv(_CHUNK)
        except TimeoutError as error:
            raise self._lost("it fell silent") from error
        if not data:
            raise self._lost("the session was closed")
        return data.decode(errors="replace")

    def _lost(self, problem: str) -> SessionLost:
        return SessionLost(f"device {self._device}", problem, "What was sent last may have been taken or not.")


def _first(wanted: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """All of `known`, those that are wanted before the rest."""
    known = tuple(known)
    return (*(name for name in wanted if name in known), *(name for name in known if name not in wanted))


class _Transport(paramiko.Transport):
    """Paramiko's, with what costs the least first: AES-GCM needs no separate hash, X25519 one small exchange.

    Nothing that Paramiko offers is left out, so that old devices are reached as well.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Paramiko's own arguments, passed on
        super().__init__(*args, **options)
        offered = self.get_security_options()
        offered.ciphers = _first(("aes128-gcm@openssh.com", "aes256-gcm@openssh.com"), offered.ciphers)
        offered.kex = _first(("curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"), offered.kex)


class _Connection(BaseConnection):
    """Netmiko's SSH connection with one pinned host key and nothing typed before it is asked for."""

    def __init__(
        self, endpoint: Endpoint, key: tuple[str, paramiko.PKey], timeout_s: float, sock: socket.socket
    ) -> None:
        self._key = key
        super().__init__(
            host=str(endpoint.address),
            port=endpoint.ssh_port,
            username=endpoint.user,
            password=resolve(endpoint.password).reveal(),
            device_type="generic",
            ssh_strict=True,
            conn_timeout=timeout_s,
            auth_timeout=timeout_s,
            banner_timeout=timeout_s,
            sock=sock,
        )

    def _connect_params_dict(self) -> dict[str, object]:
        return {**super()._connect_params_dict(), "transport_factory": _Transport}

    def _build_ssh_client(self) -> paramiko.SSHClient:
        client = super()._build_ssh_client()
        kind, key = self._key
        client.get_host_keys().add(
            f"[{self.host}]:{self.port}" if self.port != paramiko.config.SSH_PORT else self.host, kind, key
        )
        return client

    def _try_session_preparation(self, force_data: bool = True) -> None:  # noqa: FBT001, FBT002 - Netmiko's signature
        """Nothing: the greeting is awaited by the session."""

    def paramiko_cleanup(self) -> None:
        """Wake the reader before the rest: it would notice its closed socket a tenth of a second later."""
        transport = self.remote_conn_pre.get_transport() if self.remote_conn_pre else None
        if transport is not None:
            with suppress(OSError):
                transport.sock.shutdown(socket.SHUT_RDWR)
        super().paramiko_cleanup()


def pinned(endpoint: Endpoint) -> tuple[str, paramiko.PKey]:
    """The type and the key of `ssh-ed25519 AAAA… comment`. Raises InvalidInput for what is none."""
    try:
        kind, text = endpoint.host_key.split()[:2]
        return kind, paramiko.PKey.from_type_string(kind, base64.b64decode(text))
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        remedy = "Put the line that `ssh-keyscan` shows for it, without the address, into the inventory."
        raise InvalidInput(f"device {endpoint.device}", f"its pinned host key is none ({error})", remedy) from error


def _connect(endpoint: Endpoint, timeout_s: float) -> _Connection:
    thing = f"device {endpoint.device}"
    where, key = f"{endpoint.address}:{endpoint.ssh_port}", pinned(endpoint)
    try:
        sock = socket.create_connection((str(endpoint.address), endpoint.ssh_port), timeout_s)
    except OSError as error:
        problem = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise Unreachable(thing, f"{where}: {problem}", "See whether it has power and a link.") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return _Connection(endpoint, key, timeout_s, sock)
    except NetmikoAuthenticationException as error:
        sock.close()
        if _BROKE_OFF.search(str(error)):
            problem = f"{where}: it fell silent or went away while we logged in"
            raise Unreachable(thing, problem, "See whether it is slow or rebooting.") from error
        raise CredentialsRefused(
            thing, f"it does not let {endpoint.user!r} in with the password of {endpoint.password}", "Correct either."
        ) from error
    except NetmikoTimeoutException as error:
        sock.close()
        raise _no_session(endpoint, error) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        sock.close()
        raise Unreachable(thing, f"{where}: the session broke off ({error})", "See whether it is rebooting.") from error


def _no_session(endpoint: Endpoint, error: NetmikoTimeoutException) -> Unreachable | HostKeyChanged:
    cause = error.__context__
    thing = f"device {endpoint.device}"
    if isinstance(cause, paramiko.BadHostKeyException) or "not found in known_hosts" in str(cause):
        return HostKeyChanged(
            thing,
            "it shows another host key than the one pinned for it",
            "Find out why; if it was replaced on purpose, put its new key into the inventory.",
        )
    said = str(cause or error).strip().splitlines()
    return Unreachable(
        thing, f"{endpoint.address}:{endpoint.ssh_port}: {said[0] if said else 'no session'}", "See whether it is up."
    )
