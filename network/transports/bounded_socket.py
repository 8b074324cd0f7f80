"""A TCP connection that ends at its deadline, and after so many bytes, whatever the other side does.

The library that speaks SSH over it waits in many places, some for longer than it was told to; all of
them end when the connection does.
"""

import os
import selectors
import socket
from errno import EINPROGRESS
from ipaddress import IPv4Address

from network.transports.base import Deadline

_MOST = 64 * 1024 * 1024
"""Bytes: more than the whole configuration of any device, with all that a push asks."""
_LOOK_S = 0.1
"""How often somebody who waits sees whether the deadline has come."""


class BoundedSocket:
    """Of a socket what Paramiko uses. `hung_up` where the other side ended it, and not we."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connected, deadline
        self._received = 0
        self._ended = False
        self.hung_up = False

    def recv(self, size: int) -> bytes:
        """Nothing, as at the end of a connection, once the deadline has come."""
        if self._deadline.over or self._received > _MOST:
            return b""
        try:
            data = self._socket.recv(size)
        except TimeoutError:
            raise
        except OSError:
            self.hung_up |= not self._ended
            raise
        self.hung_up |= not (data or self._ended)
        self._received += len(data)
        return data

    def send(self, data: bytes) -> int:
        if self._deadline.over:
            raise EOFError("the deadline has come")
        return self._socket.send(data)

    def settimeout(self, seconds: float | None) -> None:
        self._socket.settimeout(_LOOK_S if seconds is None else min(seconds, _LOOK_S))

    def getpeername(self) -> object:
        return self._socket.getpeername()

    def shutdown(self, how: int) -> None:
        self._ended = True
        self._socket.shutdown(how)

    def close(self) -> None:
        self._ended = True
        self._socket.close()

    @property
    def _closed(self) -> bool:
        """Paramiko looks at this of a socket while it waits for its own thread to end."""
        return self._socket.fileno() < 0


def dial(address: IPv4Address, port: int, timeout_s: float, deadline: Deadline) -> BoundedSocket:
    """A connection. Raises OSError as `socket.create_connection` does, TimeoutError at the deadline too."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(0)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _raise(made.connect_ex((str(address), port)), besides=EINPROGRESS)
        _await(made, Deadline.after(min(timeout_s, deadline.left), deadline.stop))
        made.settimeout(_LOOK_S)
    except BaseException:
        made.close()
        raise
    return BoundedSocket(made, deadline)


def _await(connecting: socket.socket, deadline: Deadline) -> None:
    with selectors.DefaultSelector() as waiting:
        waiting.register(connecting, selectors.EVENT_WRITE)
        while not waiting.select(min(_LOOK_S, deadline.left)):
            if deadline.over:
                raise TimeoutError("no answer")
    _raise(connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def _raise(error: int, besides: int = 0) -> None:
    if error not in {0, besides}:
        raise OSError(error, os.strerror(error))
