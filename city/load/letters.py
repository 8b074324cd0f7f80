"""Letters that look like others: a Greek omicron in `portal` is seen by no one who reads it."""

import unicodedata

_LONGEST = 60


def odd_letter(text: str) -> str | None:
    """Names the first letter that is not Latin among Latin ones, with its place; None where there is none."""
    letters = [(place, letter) for place, letter in enumerate(text, 1) if letter.isalpha()]
    if not any(letter.isascii() for _, letter in letters):
        return None
    for place, letter in letters:
        name = unicodedata.name(letter, "")
        if not name.startswith("LATIN"):
            return f"character {place} of {text[:_LONGEST]!r} is a {name.title() or 'letter without a name'}"
    return None
