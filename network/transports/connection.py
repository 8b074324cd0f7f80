"""Netmiko's SSH connection with one pinned host key, over a connection that ends at its deadline."""

import base64
import logging
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import paramiko
from netmiko import NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.base_connection import BaseConnection

from city.errors import InvalidInput
from city.foreign import one_line
from city.inventory import Endpoint
from city.secrets import resolve
from network.transports.base import Busy, CredentialsRefused, Deadline, HostKeyChanged, Unreachable
from network.transports.bounded_socket import BoundedSocket, dial

_BROKE_OFF = re.compile(r"authentication timeout|transport shut down or saw EOF", re.IGNORECASE)
"""What Paramiko calls a failed authentication too, though nobody refused anything."""
_SHOWN = 160

logging.getLogger("paramiko").addHandler(logging.NullHandler())


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


class Connection(BaseConnection):
    """Netmiko's SSH connection with one pinned host key and nothing typed before it is asked for."""

    def __init__(
        self, endpoint: Endpoint, key: tuple[str, paramiko.PKey], timeout_s: float, wire: BoundedSocket
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
            sock=wire,  # type: ignore[arg-type]  # of a socket it has what Paramiko uses
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


def connect(endpoint: Endpoint, timeout_s: float, deadline: Deadline) -> Connection:
    """Raises Unreachable, Busy, CredentialsRefused, HostKeyChanged, and InvalidInput for a pinned key that is none."""
    thing = f"device {endpoint.device}"
    where, key = f"{endpoint.address}:{endpoint.ssh_port}", pinned(endpoint)
    try:
        wire = dial(endpoint.address, endpoint.ssh_port, timeout_s, deadline)
    except OSError as error:
        problem = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise Unreachable(thing, f"{where}: {problem}", "See whether it has power and a link.") from error
    try:
        return Connection(endpoint, key, timeout_s, wire)
    except BaseException as error:
        wire.close()
        if isinstance(error, _ENDS):
            raise _told(endpoint, wire, error) from error
        raise


_ENDS = (NetmikoAuthenticationException, NetmikoTimeoutException, OSError, EOFError, paramiko.SSHException)


def _told(endpoint: Endpoint, wire: BoundedSocket, error: BaseException) -> Unreachable | HostKeyChanged:
    thing, cause = f"device {endpoint.device}", error.__context__
    if isinstance(cause, paramiko.BadHostKeyException) or "not found in known_hosts" in str(cause):
        return HostKeyChanged(
            thing,
            "it shows another host key than the one pinned for it",
            "Find out why; if it was replaced on purpose, put its new key into the inventory.",
        )
    where = f"{endpoint.address}:{endpoint.ssh_port}"
    if isinstance(error, NetmikoAuthenticationException) and not _BROKE_OFF.search(str(error)):
        problem = f"it does not let {endpoint.user!r} in with the password of {endpoint.password}"
        return CredentialsRefused(thing, problem, "Correct either.")
    if wire.hung_up:
        problem = f"{where}: it ended the session before it let us in"
        return Busy(thing, problem, "See who is logged in, and whether it is rebooting.")
    if isinstance(error, NetmikoAuthenticationException):
        problem = f"{where}: it fell silent or went away while we logged in"
        return Unreachable(thing, problem, "See whether it is slow or rebooting.")
    said = one_line((str(cause or error).strip().splitlines() or ["no session"])[0])[:_SHOWN]
    return Unreachable(thing, f"{where}: no session came about ({said})", "See whether it is up.")
