"""A drill's list as lines for a person and as JSON with stable keys."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TypedDict

from city.errors import ExitCode
from city.model.city import City
from drs.check import Answer
from drs.checklist import Item, longest
from drs.drill.critical import TooSlow
from drs.step import Proof

_MARKS = {Answer.MET: "[x]", Answer.PARTLY: "[/]", Answer.UNMET: "[ ]", Answer.UNKNOWN: "[?]"}


class ItemJson(TypedDict):
    number: int
    wave: int
    service: str
    step: str
    title: str
    does: str
    undoes: str
    approvers: int
    expected_s: float | None
    time_limit_s: float
    answer: str | None
    reason: str | None


class ChecklistJson(TypedDict):
    longest_s: float
    items: list[ItemJson]
    too_slow: list["TooSlowJson"]


class TooSlowJson(TypedDict):
    service: str
    rto_s: float
    takes_s: float
    path: list[str]
    problem: str
    remedy: str


def too_slow_json(one: TooSlow) -> TooSlowJson:
    return {
        "service": one.service,
        "rto_s": one.rto.total_seconds(),
        "takes_s": one.takes.total_seconds(),
        "path": list(one.path),
        "problem": one.problem,
        "remedy": one.remedy,
    }


def checklist_json(
    items: tuple[Item, ...],
    proofs: Mapping[int, Proof],
    expected: Mapping[str, timedelta],
    late: Sequence[TooSlow],
) -> ChecklistJson:
    """`answer` and `reason` are null where nobody looked, `expected_s` where no earlier drill did that step."""
    return {
        "longest_s": longest(items).total_seconds(),
        "items": [_item(item, proofs.get(item.number), expected.get(item.step.name)) for item in items],
        "too_slow": [too_slow_json(one) for one in late],
    }


def _item(item: Item, proof: Proof | None, expected: timedelta | None) -> ItemJson:
    return {
        "number": item.number,
        "wave": item.wave,
        "service": item.service,
        "step": item.step.name,
        "title": item.title,
        "does": item.does,
        "undoes": item.undoes,
        "approvers": item.approvers,
        "expected_s": expected.total_seconds() if expected is not None else None,
        "time_limit_s": item.step.time_limit.total_seconds(),
        "answer": proof.answer.value if proof else None,
        "reason": proof.reason if proof else None,
    }


def checklist_lines(
    city: City,
    items: tuple[Item, ...],
    proofs: Mapping[int, Proof],
    expected: Mapping[str, timedelta],
    late: Sequence[TooSlow],
) -> Iterator[str]:
    """Wave by wave; a mark says what was seen: done, done in part, not done, or that nobody could see."""
    for wave, own in groupby(items, key=lambda item: item.wave):
        yield f"wave {wave}" if wave else "before all"
        for item in own:
            yield from _lines(city, item, proofs.get(item.number), expected.get(item.step.name))
    yield f"at most {longest(items)}, services of one wave side by side"
    yield from (f"{one.problem}. {one.remedy}" for one in late)


def _lines(city: City, item: Item, proof: Proof | None, expected: timedelta | None) -> Iterator[str]:
    mark = _MARKS[proof.answer] if proof else "[ ]"
    promised = f", RTO {city.service(item.service).rto}" if item.service else ""
    agreed = f", {item.approvers} persons agree first" if item.approvers else ""
    took = f"took {expected.total_seconds():g} s in earlier drills, " if expected is not None else ""
    yield f"{mark} {item.number:3} {item.title} ({took}at most {item.step.time_limit}{agreed}{promised})"
    yield f"        {item.does}"
    if item.undoes:
        yield f"        To go back: {item.undoes}"
    if proof:
        yield f"        Seen now: {proof.answer}: {proof.reason}"


def exit_code(proofs: Mapping[int, Proof]) -> ExitCode:
    """Nothing that was looked at is open: done; what is known to be open decides before what nobody could see."""
    answers = {proof.answer for proof in proofs.values()}
    if answers & {Answer.UNMET, Answer.PARTLY}:
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if Answer.UNKNOWN in answers else ExitCode.DONE
