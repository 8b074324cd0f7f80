"""One question and its answer over UDP: asked again while there is none, answers to others left aside."""

import asyncio
from collections.abc import Callable

from monitoring.probing.failure import Failure
from monitoring.probing.trip import Address, Trip, unasked

_AGAIN_S = 0.7
"""A datagram may be lost: the question is sent again after so long, as often as there is time for."""


_ODD = {Failure.NO_ANSWER: Failure.WRONG_ANSWER}
"""Whoever sends answers that do not fit, and none that does, is there, and wrong."""


class _Waiting(asyncio.DatagramProtocol):
    """Holds the first datagram that `fits`, or the first error."""

    def __init__(self, trip: Trip, fits: Callable[[bytes], bool]) -> None:
        self.answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._trip, self._fits = trip, fits

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's signature
        self._trip.heard = True
        if not self._fits(data):
            self._trip.late = _ODD.get(self._trip.late, self._trip.late)
        elif not self.answered.done():
            self.answered.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(exc)


async def exchange(trip: Trip, server: Address, asked: bytes, fits: Callable[[bytes], bool]) -> bytes:
    """The first answer that `fits`. Raises Failed; waits for as long as it is let."""
    try:
        transport, waiting = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Waiting(trip, fits), local_addr=trip.local, remote_addr=server
        )
    except OSError as error:
        raise unasked(error) from error
    try:
        return await _answer(trip, transport, waiting, asked)
    except OSError as error:
        failed = unasked(error)
        trip.heard |= failed.failure is Failure.REFUSED
        raise failed from error
    finally:
        transport.abort()
        waiting.answered.cancel()


async def _answer(trip: Trip, transport: asyncio.DatagramTransport, waiting: _Waiting, asked: bytes) -> bytes:
    if trip.late is Failure.NO_CONNECTION:
        trip.late = Failure.NO_ANSWER
    while True:
        transport.sendto(asked)
        done, _ = await asyncio.wait([waiting.answered], timeout=_AGAIN_S)
        if done:
            return waiting.answered.result()
