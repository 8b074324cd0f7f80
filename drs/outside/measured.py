"""What the marks of one drill say: how long nobody was served, and what was promised and is not there. Pure.

Downtime is the longest time in which no mark was taken: from the last one that was taken to the next. Its bounds are
what the client could see: at most from the last promise to the next, at least from the first refusal to the last.
Loss is the set of tokens that were promised and are not kept: never a difference of highest numbers.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from drs.outside.marker import Try


@dataclass(frozen=True, slots=True, kw_only=True)
class Downtime:
    """`at_most` from the last promise to the next, `at_least` between the refusals of that time."""

    at_least: timedelta
    at_most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """`records` of `promised`; `span` from the first to the last promise that was broken."""

    records: int
    promised: int
    span: timedelta


def downtime(tries: Sequence[Try], since: float = 0.0) -> Downtime | None:
    """The longest that ended after `since` (seconds since 1970). None where nobody saw its beginning or its end."""
    taken = [number for number, one in enumerate(tries) if one.taken]
    if not taken or not tries[-1].taken or (not tries[0].taken and tries[taken[0]].until >= since):
        return None
    gaps = [(one, other) for one, other in pairwise(taken) if other > one + 1 and tries[other].until >= since]
    if not gaps:
        return Downtime(at_least=timedelta(), at_most=timedelta())
    before, after = max(gaps, key=lambda gap: tries[gap[1]].until - tries[gap[0]].until)
    refused = tries[before + 1 : after]
    return Downtime(
        at_least=timedelta(seconds=max(0.0, refused[-1].at - refused[0].at)),
        at_most=timedelta(seconds=tries[after].until - tries[before].until),
    )


def loss(tries: Sequence[Try], kept: AbstractSet[str]) -> Loss:
    """Of what was promised, what is not kept."""
    promised = [one for one in tries if one.taken]
    lost = [one for one in promised if one.token not in kept]
    span = lost[-1].until - lost[0].at if lost else 0.0
    return Loss(records=len(lost), promised=len(promised), span=timedelta(seconds=span))
