"""The link between the sites, carried by a process: `python -m lab.net.relay LABFOLDER EDGE EDGE`.

A device of tun(4) in each edge's namespace takes the place of the kernel's cable. What is read from the one is
written to the other after the delay that the link's file declares, in order, at its rate, or not at all. The devices
go with the process.
"""

import contextlib
import fcntl
import os
import random
import select
import struct
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab.net import kernel, weather
from lab.net.backbone import WAN
from lab.net.weather import Way
from lab.params import LabParams

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""linux/if_tun.h."""
_QUEUE_S = 0.5
"""What would wait longer for its turn at a given rate is lost, as in a router's full buffer."""
_LOOK_S = 0.2
_PACKET = 65_536


@dataclass(slots=True)
class Line:
    """One direction: packets on their way, each with the moment at which it arrives. No input or output."""

    way: Way = field(default_factory=Way)
    chance: Callable[[], float] = random.random
    _sent: deque[tuple[float, bytes]] = field(default_factory=deque)
    _free_at: float = 0.0

    def send(self, packet: bytes, now: float) -> None:
        """A packet sets out, unless the way has it lost."""
        way = self.way
        if way.cut or (way.loss and self.chance() < way.loss):
            return
        leaves = now
        if way.rate_mbit:
            leaves = max(self._free_at, now) + len(packet) * 8 / (way.rate_mbit * 1e6)
            if leaves - now > _QUEUE_S:
                return
            self._free_at = leaves
        arrives = leaves + way.delay_s + way.jitter_s * self.chance()
        self._sent.append((max(arrives, self._sent[-1][0]) if self._sent else arrives, packet))

    def arrived(self, now: float) -> list[bytes]:
        """The packets that have arrived by now, in the order in which they set out."""
        found = []
        while self._sent and self._sent[0][0] <= now:
            found.append(self._sent.popleft()[1])
        return found

    @property
    def next_at(self) -> float | None:
        return self._sent[0][0] if self._sent else None


def device(namespace: str) -> int:
    """A new device of tun(4) in that namespace; it lives as long as the file is open."""
    with kernel.inside(namespace):
        number = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(number, _TUNSETIFF, struct.pack("16sH22x", WAN.encode(), _IFF_TUN | _IFF_NO_PI))
    return number


def carry(numbers: tuple[int, int], lines: tuple[Line, Line], until: float) -> None:
    """Move packets both ways until this moment."""
    while (now := time.monotonic()) < until:
        due = min((line.next_at for line in lines if line.next_at is not None), default=until)
        ready, _, _ = select.select(numbers, [], [], max(min(due, until) - now, 0))
        for number, line in zip(numbers, lines, strict=True):
            if number in ready:
                _take(number, line)
        for number, line in zip(numbers[::-1], lines, strict=True):
            _give(number, line)


def _take(number: int, line: Line) -> None:
    try:
        while packet := os.read(number, _PACKET):
            line.send(packet, time.monotonic())
    except BlockingIOError:
        return


def _give(number: int, line: Line) -> None:
    """What arrives at a device that is full or down is lost."""
    for packet in line.arrived(time.monotonic()):
        with contextlib.suppress(OSError):
            os.write(number, packet)


def main(folder: str, one: str, other: str) -> None:
    params = LabParams.load(Path(folder))
    numbers = device(one), device(other)
    lines = Line(), Line()
    while True:
        declared = weather.declared(params)
        lines[0].way, lines[1].way = declared.there, declared.back
        carry(numbers, lines, time.monotonic() + _LOOK_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
