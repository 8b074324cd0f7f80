"""What a device's answers mean: numbers for the series and text, each by its key."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from platforms.profile import Column, Profile, Scalar
from snmp.pdu import VarBind

T = TypeVar("T")


def readings(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, float]:
    """The numbers among a device's answers, by the key of their series.

    What the profile does not ask for, what the device does not have, what cannot be and what is text is left out.
    A Counter64 above 2^53 is rounded to the nearest float.
    """
    return sorted_out(profile, varbinds)[0]


def impossible(profile: Profile, varbinds: Iterable[VarBind]) -> int:
    """How many numbers cannot be and are left out of the readings: storage below zero, a share above the whole."""
    return sorted_out(profile, varbinds)[1]


def sorted_out(profile: Profile, varbinds: Iterable[VarBind]) -> tuple[dict[str, float], int]:
    """The readings, and how many numbers are impossible, in one pass over the answers."""
    found, impossible_ones = dict[str, float](), 0
    for key, number, unit in _numbers(profile, varbinds):
        if _can_be(number, unit):
            found[key] = number
        else:
            impossible_ones += 1
    return found, impossible_ones


def _numbers(profile: Profile, varbinds: Iterable[VarBind]) -> Iterator[tuple[str, float, str]]:
    """Key, number and unit of each."""
    places = _places(profile)
    for oid, value in varbinds:
        if isinstance(value.content, int) and (found := _key(places, oid)) is not None:
            yield found[0], float(value.content), found[1]


def _can_be(number: float, unit: str) -> bool:
    if unit == "dBm":
        return abs(number) <= _MOST_DBM
    return number >= 0 and (unit != "percent" or number <= _PERCENT)


def words(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, str]:
    """The text among a device's answers, by the key that it would have as a series; what is no UTF-8 is replaced."""
    places = _places(profile)
    found = {}
    for oid, value in varbinds:
        if isinstance(value.content, bytes) and (place := _key(places, oid)) is not None:
            found[place[0]] = value.content.decode(errors="replace")
    return found


def rows(column: Column, shown: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """Index and content of each row of a column that was shown, where the index is a single number."""
    head = column.key("").removesuffix("]")
    for key, content in shown.items():
        if key.startswith(head) and (index := key[len(head) : -1]).isdecimal():
            yield index, content


def bare(name: str) -> str:
    """A name without the NUL of a C string and what fills its field up."""
    return name.partition("\0")[0].strip()


_MOST_DBM, _PERCENT = 127, 100
_Places = tuple[Mapping[str, Scalar], Mapping[str, Column]]


@lru_cache
def _places(profile: Profile) -> _Places:
    columns = {c.oid: c for c in profile.tables}
    columns |= {c.instead.oid: c.instead for c in profile.tables if c.instead is not None}
    return {s.oid: s for s in profile.scalars}, columns


def _key(places: _Places, oid: str) -> tuple[str, str] | None:
    """The key of its series, and its unit.

    An index may have several parts, so the column is the first that the OID begins with, seen from its end.
    """
    scalars, columns = places
    if (scalar := scalars.get(oid)) is not None:
        return scalar.metric, scalar.unit
    place = oid.rfind(".")
    while place > 0:
        if (column := columns.get(oid[:place])) is not None:
            return column.key(oid[place + 1 :]), column.unit
        place = oid.rfind(".", 0, place)
    return None
