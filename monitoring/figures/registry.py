"""Every indicator by the id of its promise; and a rule of `asty check`: each promise can be measured.

load(folder, registry.check) -> the City, or InvalidCity with each promise that nobody can measure, at its line
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import monitoring.promises as room
from city.discovery import records
from city.load.declared import Declared
from city.load.defects import Defects, nearest
from monitoring.figures.declaration import declaration
from monitoring.figures.indicator import Indicator


@cache
def indicators() -> Mapping[str, Indicator[Any]]:
    """Raises TypeError for a module that has no record, and for two records of one id: mistakes of ours."""
    found: dict[str, Indicator[Any]] = {}
    for module, record in records(room, Indicator).items():
        if record.id in found:
            raise TypeError(f"monitoring/promises/{module}.py brings a second indicator {record.id}")
        found[record.id] = record
    return MappingProxyType(found)


def check(declared: Declared, defects: Defects) -> None:
    """Every promise has an indicator, which finds its rule and its data files in order."""
    known = indicators()
    for found in declared.ground.general.promises.items:
        promise, record = found.value, found.record
        if promise.id in known:
            known[promise.id].read(declaration(promise, declared.ground.folder, defects))
        else:
            record.defect("id", "nobody knows how to measure this promise", nearest(promise.id, known))
