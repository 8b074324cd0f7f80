"""What a package has many of is a module each, ending in one record: found here, listed nowhere."""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def records(package: ModuleType, kind: type[T]) -> dict[str, T]:
    """The record of each module of the package, by the module's name, in the order of the names.

    Raises TypeError for a module that has no record of this kind, or more than one: it is ours, and is mended there.
    """
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {name: _record(importlib.import_module(f"{package.__name__}.{name}"), kind) for name in sorted(names)}


def _record(module: ModuleType, kind: type[T]) -> T:
    found = [value for value in vars(module).values() if isinstance(value, kind)]
    if len(found) != 1:
        raise TypeError(f"{module.__file__}: it has {len(found)} records {kind.__name__}; it ends in exactly one.")
    return found[0]
