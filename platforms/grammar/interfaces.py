"""One normal form of the names by which IOS-like command lines call an interface.

Such a device takes `GigabitEthernet1/0/3`, `gi1/0/3` and `interface gigabitethernet 1/0/3` for the same port, and each
model prints the spelling of its own release.
"""

import re

TYPES = (
    "gigabitethernet",
    "fastethernet",
    "tengigabitethernet",
    "twogigabitethernet",
    "twentyfivegige",
    "fivegigabitethernet",
    "fortygigabitethernet",
    "hundredgige",
    "appgigabitethernet",
    "ethernet",
    "port-channel",
    "vlan",
    "loopback",
    "tunnel",
    "dot11radio",
    "serial",
    "bvi",
    "nve",
    "bdi",
)
"""As IOS and IOS XE name them, each before those for which its beginning could be taken too."""
_NAME = re.compile(r"(?P<type>[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z])?)\s*(?P<number>\d[\d/.:]*)")
_RANGE = re.compile(r"(?P<first>.*?)(?P<from>\d+)\s*-\s*(?P<to>\d+)")


def normal(name: str) -> str:
    """`Gi1/0/3` as `gigabitethernet 1/0/3`; a name of another form as it is, but for its blanks."""
    found = _NAME.fullmatch(name.strip())
    if found is None:
        return " ".join(name.split())
    kind = found["type"].lower()
    return f"{next((known for known in TYPES if known.startswith(kind)), kind)} {found['number']}"


def spread(names: str) -> tuple[str, ...]:
    """The interfaces after `interface`, one by one: `range Gi1/0/1 - 2 , Gi1/0/9` names three."""
    kind, _, ranges = names.partition(" ")
    if kind.lower() != "range":
        return (normal(names),)
    return tuple(name for part in ranges.split(",") for name in _each(part.strip()))


def _each(part: str) -> tuple[str, ...]:
    found = _RANGE.fullmatch(part)
    if found is None:
        return (normal(part),)
    return tuple(normal(f"{found['first']}{number}") for number in range(int(found["from"]), int(found["to"]) + 1))
