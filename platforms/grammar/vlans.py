"""Sets of VLANs as IOS-like command lines write them: `110-112,120`, `none`, `all`, `except 5`, `add 208,210`."""

import re
from collections.abc import Iterable, Iterator

ALL = frozenset(range(1, 4095))
"""IEEE 802.1Q: 12 bits without 0 and 4095."""
_LIST = re.compile(r"\s*\d{1,4}(?:\s*-\s*\d{1,4})?(?:\s*,\s*\d{1,4}(?:\s*-\s*\d{1,4})?)*\s*")
_PAIR = 2
"""Numbers beside each other are written as a range from three on, as these devices do."""


def read(text: str, before: frozenset[int] = frozenset()) -> frozenset[int]:
    """What holds after `text`, where `before` held. Raises ValueError for a text that is no such set."""
    first, _, rest = text.strip().partition(" ")
    match first:
        case "all":
            return ALL
        case "none":
            return frozenset()
        case "except":
            return ALL - numbers(rest)
        case "add":
            return before | numbers(rest)
        case "remove":
            return before - numbers(rest)
        case _:
            return numbers(text)


def numbers(text: str) -> frozenset[int]:
    if not _LIST.fullmatch(text):
        raise ValueError(f"{text.strip()[:60]!r} is no set of VLANs")
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def spell(found: frozenset[int]) -> str:
    """The shortest text that `read` reads back."""
    if found == ALL:
        return "all"
    return ",".join(_parts(sorted(found))) or "none"


def _parts(ordered: Iterable[int]) -> Iterator[str]:
    run: list[int] = []
    for number in ordered:
        if run and number != run[-1] + 1:
            yield from _run(run)
            run = []
        run.append(number)
    yield from _run(run)


def _run(run: list[int]) -> tuple[str, ...]:
    return (f"{run[0]}-{run[-1]}",) if len(run) > _PAIR else tuple(map(str, run))
