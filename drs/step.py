"""A step of a drill: what a person does, and what then proves that it is done.

Each module of drs.steps ends in one Step; they are found there and listed nowhere. So far `does` and `undoes` are
sentences for a person: no step acts by itself, and none says that it did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from drs.check import Answer
from drs.compared import Sites


class Mode(StrEnum):
    SWITCHOVER = "switchover"  # planned, with both sites up
    FAILOVER = "failover"  # the data centre is gone


class Each(StrEnum):
    """How often a step is taken."""

    DRILL = "drill"  # once, before the first wave
    SERVICE = "service"  # for each service, in its wave


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was seen of a step; UNKNOWN where nobody could look, which is never "done".

    `witnesses` are the independent ways by which it was seen, where a step asks for more than one.
    """

    answer: Answer
    reason: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`order` is its place among the steps of the same wave; `approvers` is how many persons have to agree first.

    `verify` is given the sites and the service (empty for a step of the whole drill). `undoes` is empty where the
    step changes nothing.
    """

    name: str
    title: str
    each: Each
    order: int
    modes: frozenset[Mode]
    approvers: int
    time_limit: timedelta
    does: str
    undoes: str
    verify: Callable[[Sites, str], Proof]
