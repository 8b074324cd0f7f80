"""Programs that a role copies to hosts, as modules: they lie in no package."""

import importlib.util
from pathlib import Path
from typing import Any

ROLES = Path(__file__).parents[2] / "playbooks" / "roles"


Program = Any
"""A module that has whatever the program has."""


def program(role: str, name: str) -> Program:
    """A new one each time, so that what a test changes in it is the test's own."""
    spec = importlib.util.spec_from_file_location(f"{role}_{name}", ROLES / role / "files" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
