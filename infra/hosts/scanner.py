"""Which ports answer to who stands here: `python -m infra.hosts.scanner QUESTION`, or `python3 -c THIS_FILE QUESTION`.

It is sent to hosts as it is, and so takes nothing but Python's own library. The question and the answer are JSON:

    {"targets": [ADDRESS, ...], "tcp": [[FIRST, LAST], ...], "udp": [PORT, ...], "within_s": 1.0}
    {ADDRESS: {"from": ADDRESS or "", "tcp": [PORT, ...], "udp": [PORT, ...]}, ...}

`from` is the address that we have towards the target, empty where no way leads there. TCP answers where a connection
opens. UDP answers where any datagram comes back: silence tells nothing of it, for many a server is silent to what it
does not understand.
"""

import errno
import itertools
import json
import resource
import select
import socket
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

Pair = tuple[str, int]
Ask = Callable[[list[Pair], float], list[Pair]]
_AT_ONCE = 4000
_SPARE = 64
"""Files that Python itself has open."""
_BACK = {errno.EINPROGRESS, 0}
_DNS = struct.pack("!6H", 0x0A57, 0x0100, 1, 0, 0, 0) + b"\0" + struct.pack("!2H", 6, 1)
"""A question for the root's SOA (RFC 1035): a name server answers it, if only to refuse."""
_PLAIN = b"\r\n\r\n"


def scan(question: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    within_s = float(question["within_s"])
    sources = {target: _from(target) for target in question["targets"]}
    reached = [target for target, source in sources.items() if source]
    tcp, udp = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    pairs = [(target, port) for first, last in question["tcp"] for port in range(first, last + 1) for target in reached]
    for target, port in _each(pairs, within_s, _tcp):
        tcp[target].append(port)
    for target, port in _each([(target, port) for port in question["udp"] for target in reached], within_s, _udp):
        udp[target].append(port)
    return {
        target: {"from": source, "tcp": sorted(tcp[target]), "udp": sorted(udp[target])}
        for target, source in sources.items()
    }


def _from(target: str) -> str:
    """Nothing is sent: the kernel looks up the way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((target, 9))
        except OSError:
            return ""
        return str(asked.getsockname()[0])


def _each(pairs: list[Pair], within_s: float, ask: Ask) -> Iterator[Pair]:
    """Those pairs of address and port that answer, so many at once as this process may have files."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _AT_ONCE + _SPARE if most == resource.RLIM_INFINITY else min(most, _AT_ONCE + _SPARE)
    if now < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    rest = iter(pairs)
    while batch := list(itertools.islice(rest, files - _SPARE)):
        yield from ask(batch, within_s)


def _tcp(pairs: list[Pair], within_s: float) -> list[Pair]:
    return _asked(pairs, within_s, socket.SOCK_STREAM, select.EPOLLOUT, _opened)


def _udp(pairs: list[Pair], within_s: float) -> list[Pair]:
    return _asked(pairs, within_s, socket.SOCK_DGRAM, select.EPOLLIN, _told)


def _asked(
    pairs: list[Pair], within_s: float, kind: socket.SocketKind, event: int, answers: Callable[[socket.socket], bool]
) -> list[Pair]:
    poll, found = select.epoll(), list[Pair]()
    waiting: dict[int, tuple[socket.socket, Pair]] = {}
    try:
        for pair in pairs:
            line = socket.socket(socket.AF_INET, kind)
            line.settimeout(0)
            if line.connect_ex(pair) not in _BACK:
                line.close()
                continue
            if kind == socket.SOCK_DGRAM:
                line.send(_DNS if pair[1] == 53 else _PLAIN)  # noqa: PLR2004 - the port of name servers
            waiting[line.fileno()] = line, pair
            poll.register(line, event)
        until = time.monotonic() + within_s
        while waiting and (left := until - time.monotonic()) > 0:
            for number, _ in poll.poll(left):
                line, pair = waiting.pop(number)
                if answers(line):
                    found.append(pair)
                poll.unregister(number)
                _close(line)
    finally:
        for line, _ in waiting.values():
            _close(line)
        poll.close()
    return found


def _opened(line: socket.socket) -> bool:
    return line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def _told(line: socket.socket) -> bool:
    try:
        line.recv(1)
    except OSError:
        return False
    return True


def _close(line: socket.socket) -> None:
    """At once, and so that nobody there keeps it."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(scan(json.loads(sys.argv[1]))))
