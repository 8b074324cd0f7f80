"""Waiting for what has to come: a slow machine is no failure, only what never comes is."""

import time
from collections.abc import Callable

PATIENCE_S = 300.0


def until(condition: Callable[[], bool], what: str = "it", *, patience_s: float | None = None) -> None:
    """Returns once it is so. Raises AssertionError where that takes longer than any machine's slowness, or, where a
    time is promised, than `patience_s`."""
    longest_s = PATIENCE_S if patience_s is None else patience_s
    deadline = time.monotonic() + longest_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true in {longest_s:g} s"
        time.sleep(0.02)
