"""What a terminal shows of the bytes that a device sends: the little of ECMA-48 that command lines use.

Each byte is taken once, so the work is linear in what came, whatever a device sends. A character whose
bytes come apart is one character; a byte that is no UTF-8 is kept (PEP 383), so that nothing is lost.
"""

import codecs
import re

_ESCAPE = re.compile(
    r"\x1b\[(?P<count>[0-?]*)[ -/]*(?P<control>[@-~])"
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # what an operating system command says: a window's title
    r"|\x1b[PX^_][^\x1b\n]*\x1b\\"  # strings for the device itself
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
_PIECE = re.compile(r"[^\x00-\x1f\x7f]+|[\x00-\x1f\x7f]")
_UNFINISHED = 256
"""Characters of an escape sequence that are waited for; a longer one is none."""
_TAIL = 2000
_LAST = 16
"""Characters and parts: more than any prompt, with lines of the log behind it."""
_MARGIN = 80
"""Columns at which devices that heed no width fold: they write a blank and return."""


class Terminal:
    """Takes bytes; `text` is all that was shown."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._held = ""
        self._finished: list[str] = []
        self._line: list[str] = []
        self._column = 0

    def take(self, data: bytes) -> None:
        text, self._held = _whole(self._held + self._decode(data))
        start = 0
        for escape in _ESCAPE.finditer(text):
            self._write(text[start : escape.start()])
            self._move(escape)
            start = escape.end()
        self._write(text[start:])

    @property
    def tail(self) -> str:
        """The end of the text: at least the last line where that is shorter than any that is looked at."""
        lines = [*(part[-_TAIL:] for part in self._finished[-_LAST:]), "".join(self._line[-_TAIL:])]
        return "".join(lines)[-_TAIL:]

    @property
    def text(self) -> str:
        return "".join([*self._finished, *self._line])

    def _write(self, text: str) -> None:
        for piece in _PIECE.findall(text):
            match piece:
                case "\n":
                    self._finished += ["".join(self._line), "\n"]
                    self._line, self._column = [], 0
                case "\r":
                    self._return()
                case "\b":
                    self._column = max(0, self._column - 1)
                case "\t":
                    self._put("\t")
                case "\x03":
                    self._put("^C")  # the mark around a banner, which some devices write as it is
                case _ if piece >= " " and piece != "\x7f":
                    self._put(piece)

    def _put(self, piece: str) -> None:
        self._line[self._column : self._column + len(piece)] = piece
        self._column += len(piece)

    def _return(self) -> None:
        """To the first column; where a line was folded at the margin it goes on instead."""
        if self._column == len(self._line) and self._column % _MARGIN == 1 and self._line[-1] == " ":
            self._line.pop()
            self._column -= 1
        else:
            self._column = 0

    def _move(self, escape: re.Match[str]) -> None:
        count = int(escape["count"]) if (escape["count"] or "").isdecimal() else 1
        match escape["control"]:
            case "K" | "J" if escape["count"] in {"", "0"}:
                del self._line[self._column :]
            case "K" if escape["count"] in {"1", "2"}:
                self._line[: self._column] = " " * min(self._column, len(self._line))
            case "D":
                self._column = max(0, self._column - count)
            case "C":
                self._column = min(len(self._line), self._column + count)
            case "G":
                self._column = min(len(self._line), max(0, count - 1))


def _whole(text: str) -> tuple[str, str]:
    """The text, and the beginning of an escape sequence at its end that is not all there."""
    at = text.rfind("\x1b", max(0, len(text) - _UNFINISHED))
    if at < 0 or _ESCAPE.match(text, at):
        return text, ""
    return text[:at], text[at:]
