"""Which text a file's bytes are: UTF-8, or Windows-1253 where that is certain.

A table saved by a spreadsheet in Greek is often Windows-1253. Any bytes can be read so; it is certain only where the
words that come out are spelt as Greek is since 1982: each with one accent, and with a final sigma at its end alone.
"""

import re

_WORD = re.compile(r"[^\W\d_]+")
_ACCENTED = set("άέήίόύώΐΰΆΈΉΊΌΎΏ")
_GREEK = re.compile(r"[\u0370-\u03ff]+")
_ASCII = re.compile(r"[\x00-\x7f]+")
_FINAL_SIGMA, _SIGMA = "\u03c2", "\u03c3"
_PROVES = 4
"""Letters of a word that must have an accent; shorter ones may have none."""
_BEGINNING = 64
_ELSEWHERE = "\u0386"
"""Windows-1253 has it where ISO 8859-7 has an apostrophe: certain only as the accent of its word."""
_SIGNS = set("\u00a0«»\u2013\u2014\u2018\u2019“”…€·°±§©®½³²\u0384")
"""Not the dialytika with tonos, which ISO 8859-7 has as an apostrophe."""


class Undecodable(ValueError):  # noqa: N818 - reads as what the bytes are
    """Bytes that are no text, or that of an unknown encoding; `line` is where."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


def decoded(content: bytes) -> str:
    """The text, without a byte order mark. Raises Undecodable, which names the encoding where it is known."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:_BEGINNING]:
        raise Undecodable("the text is UTF-16 or UTF-32, or no text at all", 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    try:
        text = content.decode("cp1253")
    except UnicodeDecodeError:
        text = ""
    if not is_greek(text):
        raise Undecodable("the text is not UTF-8", line)
    return text


def is_greek(text: str) -> bool:
    """Whether every word with foreign letters is spelt as modern Greek is, and one of them proves it."""
    foreign = [word for word in _WORD.findall(text) if not _ASCII.fullmatch(word)]
    signs = {sign for sign in text if ord(sign) > 0x7F and not sign.isalpha()}  # noqa: PLR2004 - ASCII
    return signs <= _SIGNS and all(map(_may_be, foreign)) and any(map(_is_proof, foreign))


def _may_be(word: str) -> bool:
    if _ELSEWHERE in word and not (word[0] == _ELSEWHERE and word[1:].islower() and _accents(word) == 1):
        return False
    return bool(_GREEK.fullmatch(word)) and (word.isupper() or len(word) < _PROVES or _is_proof(word))


def _is_proof(word: str) -> bool:
    sigmas = _FINAL_SIGMA not in word[:-1] and not word.endswith(_SIGMA)
    return len(word) >= _PROVES and not word.isupper() and _accents(word) == 1 and sigmas


def _accents(word: str) -> int:
    return sum(letter in _ACCENTED for letter in word)


def decoded_twice(text: str) -> str | None:
    """What was meant, where UTF-8 was read as a Windows encoding and saved again; None where it was not."""
    if text.isascii():
        return None
    for codec in ("cp1252", "cp1253"):
        try:
            meant = b"".join(_byte(letter, codec) for letter in text).decode("utf-8")
        except UnicodeError:
            continue
        if meant != text:
            return meant
    return None


def _byte(letter: str, codec: str) -> bytes:
    """Windows keeps bytes without a character of their own as C1 controls."""
    try:
        return letter.encode(codec)
    except UnicodeEncodeError:
        return letter.encode("latin-1")
