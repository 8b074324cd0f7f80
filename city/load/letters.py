"""Characters that look like others, or like nothing: a Greek omicron in `portal` is seen by no one who reads it."""

import unicodedata

_LONGEST = 60
_CONTROLS = {"\n": "LINE BREAK", "\r": "LINE BREAK", "\t": "TAB", "\0": "NUL"}
"""Unicode gives them no names."""


def odd_character(text: str) -> str | None:
    """Names the first character beyond ASCII, with its place; None where there is none."""
    for place, character in enumerate(text, 1):
        if not character.isascii():
            return f"character {place} of {text[:_LONGEST]!r} is {_named(character)}"
    return None


def unprintable(text: str) -> str | None:
    """Names the first character that shows as nothing or as more than one sign, with its place; None for none."""
    if text.isprintable():
        return None
    for place, character in enumerate(text, 1):
        if not character.isprintable():
            return f"character {place} of {text[:_LONGEST]!r} is {_named(character)}"
    return None


def odd_letter(text: str) -> str | None:
    """Names the first letter that is not Latin among Latin ones, with its place; None where there is none."""
    letters = [(place, letter) for place, letter in enumerate(text, 1) if letter.isalpha()]
    if not any(letter.isascii() for _, letter in letters):
        return None
    for place, letter in letters:
        if not unicodedata.name(letter, "").startswith("LATIN"):
            return f"character {place} of {text[:_LONGEST]!r} is {_named(letter)}"
    return None


def _named(character: str) -> str:
    """`a Greek Small Letter Omicron`; by its number where it has no name."""
    name = _CONTROLS.get(character, "") or unicodedata.name(character, f"CONTROL CHARACTER U+{ord(character):04X}")
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name.title()}"
