"""What a device's answers mean: numbers for the series and text, each by its key."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from platforms.profile import Column, Profile
from snmp.pdu import VarBind


def readings(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, float]:
    """The numbers among a device's answers, by the key of their series.

    What the profile does not ask for, what the device does not have and what is text is left out.
    A Counter64 above 2^53 is rounded to the nearest float.
    """
    places = _places(profile)
    found = {}
    for oid, value in varbinds:
        if isinstance(value.content, int) and (key := _key(places, oid)) is not None:
            found[key] = float(value.content)
    return found


def words(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, str]:
    """The text among a device's answers, by the key that it would have as a series; what is no UTF-8 is replaced."""
    places = _places(profile)
    found = {}
    for oid, value in varbinds:
        if isinstance(value.content, bytes) and (key := _key(places, oid)) is not None:
            found[key] = value.content.decode(errors="replace")
    return found


_Places = tuple[Mapping[str, str], Mapping[str, Column]]


@lru_cache
def _places(profile: Profile) -> _Places:
    return {s.oid: s.metric for s in profile.scalars}, {c.oid: c for c in profile.tables}


def _key(places: _Places, oid: str) -> str | None:
    """An index may have several parts, so the column is the first that the OID begins with, seen from its end."""
    scalars, columns = places
    if (scalar := scalars.get(oid)) is not None:
        return scalar
    place = oid.rfind(".")
    while place > 0:
        if (column := columns.get(oid[:place])) is not None:
            return column.key(oid[place + 1 :])
        place = oid.rfind(".", 0, place)
    return None
