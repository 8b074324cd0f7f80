"""The steps of drills, one module each; `every` finds them."""

import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from city.discovery import records
from drs.step import Step


@cache
def every() -> tuple[Step, ...]:
    """In the order in which they are taken."""
    found = records(sys.modules[__name__], Step).values()
    return tuple(sorted(found, key=lambda step: (step.order, step.name)))


@cache
def codes() -> Mapping[str, str]:
    """The SHA-256 of each step's file, by the step's name: another where what the step does or looks at may be."""
    folder, found = Path(__file__).parent, records(sys.modules[__name__], Step)
    return {step.name: sha256((folder / f"{module}.py").read_bytes()).hexdigest() for module, step in found.items()}
