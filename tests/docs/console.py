"""Manuals that run: the ```console blocks of a page, as commands and what they must say.

A line that begins with `$ ` is a command, run by bash in the order of the page; lines that begin with
`> ` go on with it. The lines after it
are what it prints: each must stand somewhere in its output, in that order; `…` stands for anything.
A command that ends in `# exit N` must end with N, every other with 0.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    page: Path
    line: int
    text: str
    exit_code: int
    says: tuple[str, ...]

    def missing(self, output: str) -> str | None:
        """The first line promised by the page that the output does not have, in its place; None if all are there."""
        at = 0
        for promised in self.says:
            pattern = ".*?".join(re.escape(part) for part in re.split(r"\s*…\s*", promised.strip()))
            found = re.compile(pattern).search(output, at)
            if not found:
                return promised
            at = found.end()
        return None


def commands(page: Path) -> Iterator[Command]:
    """Every command of the page, in its order."""
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        yield from _commands(page, first, block.group(1).splitlines())


def _commands(page: Path, first: int, lines: list[str]) -> Iterator[Command]:
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        more = list(takewhile(lambda line: line.startswith("> "), lines[start + 1 : end]))
        text = "\n".join(line[2:] for line in (lines[start], *more))
        expected = _EXIT.search(text)
        yield Command(
            page=page,
            line=first + start,
            text=_EXIT.sub("", text),
            exit_code=int(expected.group(1)) if expected else 0,
            says=tuple(line for line in lines[start + 1 + len(more) : end] if line.strip()),
        )
