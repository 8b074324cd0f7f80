"""Waiting for what has to come: a slow machine is no failure, only what never comes is."""

import time
from collections.abc import Callable

PATIENCE_S = 300.0


def until(condition: Callable[[], bool], what: str = "it") -> None:
    """Returns once it is so. Raises AssertionError where that takes longer than any machine's slowness."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true in {PATIENCE_S:g} s"
        time.sleep(0.02)
