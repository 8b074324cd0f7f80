"""The steps of drills, one module each; `every` finds them."""

import sys
from functools import cache

from city.discovery import records
from drs.step import Step


@cache
def every() -> tuple[Step, ...]:
    """In the order in which they are taken."""
    found = records(sys.modules[__name__], Step).values()
    return tuple(sorted(found, key=lambda step: (step.order, step.name)))
