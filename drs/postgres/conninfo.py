"""How a follower finds its leader, in libpq's words (key=value, values in single quotes where they need them)."""

import re
from collections.abc import Mapping

_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s']+))")


def parse(text: str) -> dict[str, str]:
    """Raises ValueError for what libpq would not take."""
    found, at = dict[str, str](), 0
    while text[at:].strip():
        pair = _PAIR.match(text, at)
        if pair is None:
            raise ValueError(f"{text[at:]!r} is no key=value of libpq's")
        key, quoted, bare = pair.groups()
        found[key] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        at = pair.end()
    return found


def write(pairs: Mapping[str, str]) -> str:
    return " ".join(f"{key}='{_escaped(value)}'" for key, value in pairs.items())


def turned(text: str, **changed: str) -> str:
    """The same way, to another leader: `host`, `port`."""
    return write({**parse(text), **changed})


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
