"""The service checks of readiness, one module each; `every` finds them."""

import sys
from functools import cache

from city.discovery import records
from drs.check import Check


@cache
def every() -> tuple[Check, ...]:
    """In the order in which a person would mend what they find."""
    found = records(sys.modules[__name__], Check).values()
    return tuple(sorted(found, key=lambda check: (check.order, check.name)))
