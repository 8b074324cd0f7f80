"""Every family by its name: each module of `lab.fleet.families` brings one record."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from city.discovery import records
from lab.fleet import families as folder
from lab.fleet.family import Family


@cache
def families() -> Mapping[str, Family]:
    return MappingProxyType({found.name: found for found in records(folder, Family).values()})


def family(name: str) -> Family:
    """Raises KeyError for a family that the lab does not have."""
    return families()[name]
