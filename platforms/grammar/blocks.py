"""A configuration's text parted into blocks: a line that begins at the margin, with what stands indented under it.

What a device shows as text (a banner between its marks) is one line of one block, with its line breaks: nothing in it
is a setting. A certificate stands indented under its line, so nothing of it stands alone either.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOISE = re.compile(r"!.*|end|exit|exit-\S+|Building configuration\.\.\.|Current configuration ?:.*|Using \d+ .*")
_BANNER = re.compile(
    r"(?:banner(?: \S+)?|menu \S+ (?:title|prompt)|aaa authentication (?:banner|fail-message))"
    r" +(?P<mark>\^C|\^.|[^\w\s])(?P<rest>.*)",
    re.IGNORECASE,
)
"""`banner motd ^C`: the mark is any character, and ends the text where it stands again."""
_MACRO = re.compile(r"macro name \S+")
_MACRO_ENDS = "@"


@dataclass(frozen=True, slots=True)
class Block:
    header: str
    lines: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    """Raises ValueError for a text between marks that does not come to its end."""
    header, lines = "", list[str]()
    for line in _lines(text):
        if line.startswith((" ", "\t")) and header:
            lines.append(line)
            continue
        if header:
            yield Block(header, tuple(lines))
        header, lines = line.lstrip(), []
    if header:
        yield Block(header, tuple(lines))


def _lines(text: str) -> Iterator[str]:
    """Lines that mean something; a banner is one of them."""
    left = iter(text.splitlines())
    for line in left:
        banner = _BANNER.fullmatch(line.rstrip())
        if banner is not None and banner["mark"] not in banner["rest"]:
            yield "\n".join([line.rstrip(), *_until(left, banner["mark"])])
        elif _MACRO.fullmatch(line.rstrip()):
            yield "\n".join([line.rstrip(), *_until(left, _MACRO_ENDS)])
        elif line.strip() and not _NOISE.fullmatch(line.strip()):
            yield line.rstrip()


def _until(left: Iterator[str], mark: str) -> Iterator[str]:
    for line in left:
        yield line.rstrip()
        if mark in line:
            return
    raise ValueError(f"a text that ends at {mark!r} has no end")
