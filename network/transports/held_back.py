"""Ctrl-C and SIGTERM while another program works for us: it is ended first, and what it held is put away."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[Callable[[], bool]]:
    """Whether a signal came that asks us to end; it takes effect when this is over.

    One that is ignored stays ignored, and in another thread than the first no signal is held.
    """
    came: list[int] = []
    held = [number for number in _HELD if signal.getsignal(number) is not signal.SIG_IGN]
    held = held if current_thread() is main_thread() else []
    before = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in held}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
