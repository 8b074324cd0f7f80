"""The city's data held still while a plan is looked at again and carried out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from asty.workspace import Workspace
from city.errors import Failed

_HIDDEN = shutil.ignore_patterns(".*")
"""No data of a city: what git and editors keep beside it."""


@contextmanager
def standstill(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace on a copy of its city's folder that nobody else reads or edits (0700); it goes afterwards.

    Pulumi runs its program anew for each stack: without this, whoever saves a file meanwhile is obeyed halfway.
    Raises Failed where the folder cannot be copied.
    """
    with TemporaryDirectory(prefix="city-", dir=workspace.plans) as folder:
        copy = Path(folder) / workspace.city_folder.name
        try:
            shutil.copytree(workspace.city_folder, copy, ignore=_HIDDEN, ignore_dangling_symlinks=True)
        except OSError as error:
            problem = f"it cannot be copied ({error})"
            raise Failed(
                f"city folder {workspace.city_folder}", problem, "Make all of it readable, and try again."
            ) from error
        yield replace(workspace, city_folder=copy)
