"""Blanks of a command line: as many as one wants mean one, but within double quotes they are meant as they stand."""

import re

_APART = re.compile(r'("[^"]*")|\s+')


def squeezed(line: str) -> str:
    """`line` with one blank between its words, and none at its ends.

    squeezed('  ssid   "FREE  WIFI" ') -> 'ssid "FREE  WIFI"'
    """
    return _APART.sub(lambda found: found[1] or " ", line).strip()


def quoted(text: str) -> str:
    """`text` as a command line takes it whole: in double quotes where it would else lose blanks."""
    return text if squeezed(text) == text else f'"{text}"'
