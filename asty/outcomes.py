"""Outcomes as an operator reads them: those that need a look one by one, the rest counted."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from city.errors import ExitCode
from city.outcome import Outcome, Status, exit_code, tally

_ONE_BY_ONE = (Status.FAILED, Status.UNKNOWN)


class OutcomesJson(TypedDict):
    exit_code: int
    tally: dict[str, int]
    outcomes: list[dict[str, str | float]]


def as_json(outcomes: Sequence[Outcome]) -> OutcomesJson:
    """Stable keys: exit_code, tally (a count per status), outcomes (each as city.outcome has it)."""
    return {
        "exit_code": int(exit_code(outcomes)),
        "tally": {status.value: count for status, count in tally(outcomes).items()},
        "outcomes": [outcome.as_json() for outcome in outcomes],
    }


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for status in _ONE_BY_ONE:
        yield from (f"{status:8} {o.subject}: {o.reason}" for o in outcomes if o.status is status)
    yield ", ".join(f"{count} {status}" for status, count in tally(outcomes).items() if count) or "nothing to do"
    if exit_code(outcomes) is ExitCode.UNKNOWN:
        yield "What is unknown may be either way: look at it before anything else is done to it."
