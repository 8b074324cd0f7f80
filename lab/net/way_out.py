"""The emulated devices' own way into the city's network: sockets that have a device's declared address.

The devices stand on loopback addresses of this machine. What one of them asks a service of the sites, it asks from the
districts' namespace, which the user of the lab cannot enter. So the agent of the districts, which is root's, opens the
socket there and hands it over (unix(7), SCM_RIGHTS): to the lab's user alone, and for addresses of devices alone.
"""

import contextlib
import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

from lab import unix_socket

SOCKET = "districts.sock"
_PATIENCE_S, _MOST = 2.0, 64
Open = Callable[[str], socket.socket]
"""A UDP socket of the districts that has this address."""


def opened(folder: Path, device: IPv4Address) -> socket.socket:
    """A UDP socket with the declared address of the device that stands at that loopback address.

    Raises OSError where no agent of the districts runs, or the city declares no such device there.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, unix_socket.short(folder) as short:
        line.settimeout(_PATIENCE_S)
        line.connect(str(short / SOCKET))
        line.sendall(f"{device}\n".encode())
        _, handles, _, _ = socket.recv_fds(line, 1, 1)
    if not handles:
        raise OSError(f"there is no way out for {device}")
    return socket.socket(fileno=handles[0])


class Gate:
    """Hands out sockets until it is closed. `leads` are those of the districts: declared address to where it stands."""

    def __init__(self, folder: Path, leads: Callable[[], Mapping[str, tuple[str, int]]], make: Open) -> None:
        self._leads, self._make = leads, make
        self._listener = unix_socket.listening(folder, SOCKET)
        self._served = Thread(target=self._serve, daemon=True)
        self._served.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._served.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError, UnicodeDecodeError):
                line.settimeout(_PATIENCE_S)
                self._hand_over(line)

    def _hand_over(self, line: socket.socket) -> None:
        device = line.recv(_MOST).decode("ascii").strip()
        declared = next((address for address, (place, _) in self._leads().items() if place == device), None)
        if declared is not None:
            with self._make(declared) as made:
                socket.send_fds(line, [b"."], [made.fileno()])
