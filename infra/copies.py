"""The copy that the other site keeps of a stack's state, and how a lost or torn file is taken back.

Three files open a stack: its checkpoint, its stack file and the workspace's passphrase. After each run that went
well all three are copied. A file is taken back only where the one in its place is lost or torn, and what was torn
stays beside it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from city.errors import AstyError, NeedsPerson
from infra.checkpoint import copies, latest
from infra.project import Project
from infra.stacks import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file that a stack needs: `fault` is what is wrong with it, `source` the newest copy that is whole."""

    path: Path
    fault: str
    source: Path | None

    def __str__(self) -> str:
        if not self.fault:
            return f"{self.path}: whole; " + (f"copy at {self.source}" if self.source else "no copy yet")
        return f"{self.path}: {self.fault}; " + (f"can be taken back from {self.source}" if self.source else "no copy")


def keep(stack: Stack, project: Project) -> None:
    """Copies what opens the stack to the other site; each file whole or not at all, for its owner alone."""
    if project.elsewhere is None:
        return
    for path in (_passphrase(project), _checkpoint(project, stack), _stack_file(project, stack)):
        if path.exists():
            _put(path, _there(project, path))


def kept(stack: Stack, project: Project) -> tuple[Kept, ...]:
    """How it stands with each of the three files; reads alone."""
    return (
        _kept(project, _passphrase(project), _read_words),
        _kept(project, _checkpoint(project, stack), _read_state),
        _kept(project, _stack_file(project, stack), _read_settings),
    )


def restore(stack: Stack, project: Project) -> tuple[Kept, ...]:
    """Takes back what is lost or torn, and returns it.

    Raises NeedsPerson, before anything is written, where there is no whole copy of a file.
    """
    wanted = [file for file in kept(stack, project) if file.fault]
    for file in wanted:
        if file.source is None:
            raise NeedsPerson(str(file.path), f"{file.fault}, and no copy is whole", "Take it from your own backup.")
    for file in wanted:
        if file.path.exists():
            file.path.replace(file.path.with_name(f"{file.path.name}.torn"))
        if file.source is not None:
            _put(file.source, file.path)
    return tuple(wanted)


def _kept(project: Project, path: Path, read: Callable[[Path], object]) -> Kept:
    found = sorted((file for file in _sources(project, path) if not _fault(file, read)), key=_newest_first)
    return Kept(path=path, fault=_fault(path, read), source=found[0] if found else None)


def _sources(project: Project, path: Path) -> Iterator[Path]:
    if project.elsewhere is not None:
        yield _there(project, path)
    yield from copies(path)


def _fault(path: Path, read: Callable[[Path], object]) -> str:
    if not path.exists():
        return "it is gone"
    try:
        return "" if read(path) else "it is empty"
    except (OSError, ValueError, yaml.YAMLError, AstyError):
        return "it is torn"


def _read_state(path: Path) -> bool:
    """A state without resources is one, too: that of a stack that was just made."""
    latest(path)
    return True


def _read_settings(path: Path) -> bool:
    return isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def _read_words(path: Path) -> bool:
    return bool(path.read_text(encoding="utf-8").strip())


def _passphrase(project: Project) -> Path:
    return project.passphrase


def _checkpoint(project: Project, stack: Stack) -> Path:
    return project.checkpoint(stack.name)


def _stack_file(project: Project, stack: Stack) -> Path:
    return project.stack_files / f"Pulumi.{stack.name}.yaml"


def _there(project: Project, path: Path) -> Path:
    """Where the other site keeps the copy of a file. Raises ValueError where there is no other site."""
    if project.elsewhere is None:
        raise ValueError(f"{path} has no copy: the project has no other site")
    return project.elsewhere.parent / path.relative_to(project.folder.parent)


def _put(source: Path, target: Path) -> None:
    for folder in reversed([target.parent, *target.parent.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    shutil.copyfile(source, fresh)
    fresh.replace(target)


def _newest_first(path: Path) -> float:
    return -path.stat().st_mtime
