"""A share as it is published: what was found and its lower bound rounded down, its upper bound rounded up.

So nothing looks better or surer than it is, a bound that falls short of the target never reads as the target,
and of three figures in order the published ones are in order too.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

_COMPUTERS = 12
"""Decimal places beyond which a share's digits are the computer's, not the city's: 0.1 + 0.2 is 0.3."""


def at_least(share: float, digits: int) -> Decimal:
    """`share` rounded down to `digits` decimal places."""
    return _rounded(share, digits, ROUND_FLOOR)


def at_most(share: float, digits: int) -> Decimal:
    """`share` rounded up, for upper bounds."""
    return _rounded(share, digits, ROUND_CEILING)


def _rounded(share: float, digits: int, way: str) -> Decimal:
    return Decimal(str(round(share, _COMPUTERS))).quantize(Decimal(1).scaleb(-digits), rounding=way)
