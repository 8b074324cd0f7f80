"""A place in which a run can be tried: a copy of a project's state and settings, which goes afterwards.

What only looks works there, so that looking leaves no trace: no stack is made, no lock lifted and nothing healed but
in the copy. And there the stack beneath can be given the outputs that it will have: a preview sees through to it.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from city.processes import start_time
from infra.plan import NOT_YET_KNOWN
from infra.project import Project

_ROOT = "pulumi:pulumi:Stack"
_NAME = "rehearsal-"


@contextmanager
def rehearsal(project: Project) -> Iterator[Project]:
    """The project on a copy of its state and stack files (0700), with the same passphrase, which is not copied.

    The copy lies beside the project's folder and bears the name of its process; what a process that was killed left
    of one goes with the next.
    """
    beside = project.folder.parent
    _forget_killed(beside)
    with TemporaryDirectory(prefix=f"{_NAME}{os.getpid()}-{start_time(os.getpid())}-", dir=beside) as folder:
        copy = replace(project, folder=Path(folder) / "pulumi", elsewhere=None)
        copy.folder.mkdir(mode=0o700)
        if project.stack_files.exists():
            shutil.copytree(project.stack_files, copy.stack_files, symlinks=True)
        if project.state.exists():
            shutil.copytree(project.state, copy.state, ignore=_what_nobody_reads)
        if project.passphrase.exists():
            copy.passphrase.symlink_to(project.passphrase)
        yield copy


def _forget_killed(beside: Path) -> None:
    for left in beside.glob(f"{_NAME}*-*-*"):
        pid, start, _ = left.name.removeprefix(_NAME).split("-", 2)
        if str(start_time(int(pid))) != start:
            shutil.rmtree(left, ignore_errors=True)


def foresee(checkpoint: Path, outputs: Mapping[str, Any]) -> None:
    """Gives a stack of the rehearsal the outputs that it will have; those not yet known it does not have."""
    content = json.loads(checkpoint.read_text(encoding="utf-8"))
    deployment = content["checkpoint"].get("latest") or {}
    for resource in deployment.get("resources") or ():
        if resource["type"] == _ROOT:
            resource["outputs"] = _known(outputs)
    checkpoint.write_text(json.dumps(content), encoding="utf-8")


def _known(value: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: _known(inner) if isinstance(inner, Mapping) else inner for name, inner in value.items()}
    return {name: inner for name, inner in told.items() if inner != NOT_YET_KNOWN}


def _what_nobody_reads(folder: str, names: list[str]) -> list[str]:
    """Locks, history, backups: they are the real project's."""
    here = Path(folder).name == ".pulumi"
    aside = {"locks", "history", "backups"} if here else set()
    return [name for name in names if name in aside or name.endswith(".bak")]
