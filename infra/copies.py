"""The copy that the other site keeps of a stack's state, and how a lost or torn file is taken back.

Three files open a stack: its checkpoint, its stack file and the workspace's passphrase. After each run that changed
anything all three are copied, also where the run failed half-way: what it made is in that state alone. A file is taken
back only where the one in its place is lost, torn, or older than the copy, which somebody at the other site worked
with; what was in its place stays beside it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from city.errors import AstyError, NeedsPerson
from infra.checkpoint import copies, latest, written
from infra.project import Project
from infra.stacks import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file that a stack needs: `fault` is what is wrong with it, `source` the newest copy that is whole.

    `aside` is how the name ends under which it stays when the copy takes its place.
    """

    path: Path
    fault: str
    source: Path | None
    aside: str = "torn"

    def __str__(self) -> str:
        if not self.fault:
            return f"{self.path}: whole; " + (f"copy at {self.source}" if self.source else "no copy yet")
        return f"{self.path}: {self.fault}; " + (f"can be taken back from {self.source}" if self.source else "no copy")


def keep(stack: Stack, project: Project) -> None:
    """Copies what opens the stack to the other site; each file whole or not at all, for its owner alone.

    What is lost or torn here is not copied: the copy may be the last that is whole. Raises as `require_newest` does.
    """
    if project.elsewhere is None:
        return
    require_newest(stack, project)
    for file in kept(stack, project):
        if not file.fault and not _same(file.path, _there(project, file.path)):
            _put(file.path, _there(project, file.path))


def require_newest(stack: Stack, project: Project) -> None:
    """Raises NeedsPerson where the other site's copy of the state was written after ours: somebody worked with it."""
    there = _newer(project, project.checkpoint(stack.name))
    if there is not None:
        raise NeedsPerson(
            f"state file {project.checkpoint(stack.name)}",
            f"it is of {written(project.checkpoint(stack.name))}, and its copy {there}, of {written(there)}, is newer: "
            "somebody worked with that one, and this one does not know what they did",
            "Run `asty state restore`: it takes the newer one, and leaves this one beside it. Then run `asty plan`.",
        )


def kept(stack: Stack, project: Project) -> tuple[Kept, ...]:
    """How it stands with each of the three files; reads alone."""
    return (
        _kept(project, _passphrase(project), _read_words),
        _older(project, _kept(project, _checkpoint(project, stack), _read_state)),
        _kept(project, _stack_file(project, stack), _read_settings),
    )


def restore(stack: Stack, project: Project) -> tuple[Kept, ...]:
    """Takes back what is lost, torn or older than its copy, and returns it.

    Raises NeedsPerson, before anything is written, where there is no whole copy of a file.
    """
    wanted = [file for file in kept(stack, project) if file.fault]
    for file in wanted:
        if file.source is None:
            raise NeedsPerson(str(file.path), f"{file.fault}, and no copy is whole", "Take it from your own backup.")
    for file in wanted:
        if file.path.exists():
            file.path.replace(file.path.with_name(f"{file.path.name}.{file.aside}"))
        if file.source is not None:
            _put(file.source, file.path)
    return tuple(wanted)


def _kept(project: Project, path: Path, read: Callable[[Path], object]) -> Kept:
    found = sorted((file for file in _sources(project, path) if not _fault(file, read)), key=_newest_first)
    return Kept(path=path, fault=_fault(path, read), source=found[0] if found else None)


def _older(project: Project, state: Kept) -> Kept:
    there = None if state.fault else _newer(project, state.path)
    return replace(state, fault="its copy is newer", source=there, aside="older") if there else state


def _newer(project: Project, checkpoint: Path) -> Path | None:
    """The other site's copy, where it was written after ours."""
    there = _there(project, checkpoint) if project.elsewhere is not None else None
    theirs, ours = written(there) if there else None, written(checkpoint)
    return there if theirs is not None and ours is not None and theirs > ours else None


def _same(path: Path, copy: Path) -> bool:
    return copy.exists() and copy.read_bytes() == path.read_bytes()


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
    """By what a state says of itself: that of a file is the moment at which it was copied."""
    moment = written(path)
    return -(moment.timestamp() if moment else path.stat().st_mtime)
