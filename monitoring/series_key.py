"""The keys of series, taken apart: `sysUpTime`, `ifHCInOctets[ifIndex=2]` (platforms.profile makes them)."""

import re

_KEY = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9]*)(?:\[(?P<label>[A-Za-z][A-Za-z0-9]*)=(?P<index>\d+(?:\.\d+)*)])?")


def parse_key(key: str) -> tuple[str, dict[str, str]]:
    """The name and the labels that a series' key is made of. Raises ValueError where it is none."""
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError(f"{key!r} is not the key of a series, such as ifHCInOctets[ifIndex=2]")
    return parts["name"], {parts["label"]: parts["index"]} if parts["label"] else {}
