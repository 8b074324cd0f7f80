"""A workspace's settings and the committed ones made one, key by key. Pure."""

import json
from collections.abc import Mapping

Content = dict[str, object]


def merge(here: Mapping[str, object], before: Mapping[str, object], there: Mapping[str, object]) -> Content:
    """`here` with all of `there`, which wins; without what came from `before` and is in `there` no more.

    What somebody changed here since stays, and so does what was never committed. Maps are merged in their turn.
    """
    merged: Content = {}
    for key in {**here, **there}:
        ours, theirs = here.get(key), there.get(key)
        if isinstance(ours, dict) and isinstance(theirs or {}, dict):
            inner = merge(ours, _map(before.get(key)), _map(theirs))
            if inner or key in there:
                merged[key] = inner
        elif key in there:
            merged[key] = theirs
        elif key not in before or _text(ours) != _text(before[key]):
            merged[key] = ours
    return merged


def _map(value: object) -> Content:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Pulumi writes numbers and truth values anew as text: 5 as "5"."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
