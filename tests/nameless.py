"""A machine without name service: nobody knows its name, and its name server takes every question and answers none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.openstack.environment import alone, cache_home

_SERVER = "127.0.0.53"
_ENTER = (
    'hostname nobody-knows && mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/hosts && shift && exec "$@"'
)
"""A constant script for sh: `$0` and `$1` are the files of the resolver (resolv.conf(5), hosts(5)), the rest is run."""


@dataclass(frozen=True, slots=True)
class Nameless:
    """`before` goes before a command that is to run there; `asked` are the names that were asked for, so far."""

    before: tuple[str, ...]
    asked: list[str] = field(default_factory=list)


@contextmanager
def nameless(folder: Path) -> Iterator[Nameless]:
    """Such a machine, as root: the loopback addresses are this machine's, the names are not. A question takes 10 s.

    One at a time: the address of its name server is one for all. Another run waits.
    """
    resolver, hosts = folder / "resolv.conf", folder / "hosts"
    resolver.write_text(f"nameserver {_SERVER}\n", encoding="ascii")
    hosts.write_text("127.0.0.1 localhost\n", encoding="ascii")
    namespaces = ("/usr/bin/unshare", "--mount", "--uts", "--propagation", "private", "/bin/sh", "-c", _ENTER)
    machine = Nameless(before=(*namespaces, str(resolver), str(hosts)))
    with alone(cache_home() / "nameless.tests.lock"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((_SERVER, 53))
        server.settimeout(0.1)
        over = threading.Event()
        listener = threading.Thread(target=_listen, args=(server, machine, over))
        listener.start()
        try:
            yield machine
        finally:
            over.set()
            listener.join()


def _listen(server: socket.socket, machine: Nameless, over: threading.Event) -> None:
    while not over.is_set():
        try:
            machine.asked.append(_name(server.recv(512)))
        except TimeoutError:
            continue


def _name(question: bytes) -> str:
    """The name in a query of DNS (RFC 1035, 4.1.2): labels, each after its length, behind a header of 12 octets."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", errors="replace"))
        at += 1 + length
    return ".".join(labels)
