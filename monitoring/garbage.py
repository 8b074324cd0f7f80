"""How often Python looks for values that hold each other in a ring, while many devices are read.

An answer is hundreds of small values, and none of them is part of a ring. With Python's own threshold of 700 new values
the search for rings takes three tenths of a cycle's CPU time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_VALUES = 50_000
"""Before the next search: a few megabytes."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """For the whole process; afterwards the thresholds are as before."""
    usual = gc.get_threshold()
    gc.set_threshold(_NEW_VALUES, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
