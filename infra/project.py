"""Where Pulumi works for one workspace: its project folder, passphrase, state, and the variables that say so.

Why the project folder is not the repository's root: Pulumi writes each stack's `encryptionsalt` into the stack's
file. Two workspaces of one checkout have two passphrases, hence two salts, and neither belongs in git. So each
workspace has a folder in which Pulumi.yaml and infra/ are links to the repository's, and the stack files are
copies with the workspace's own salt; PULUMI_OPTION_CWD sends a plain `pulumi` there. See docs/adr/0005.
"""

import os
import secrets
import shlex
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from urllib.parse import quote

import yaml

from city.errors import InvalidInput, NeedsPerson
from infra import seats
from infra.merge import Content, merge
from infra.settings import ROOT
from infra.stacks import PROJECT, Stack

_FOREIGN = ("OS_", "PULUMI_")
"""Variables of another cloud or another Pulumi; they would outweigh the stack's own settings."""

_ONE_AT_A_TIME = Lock()
"""Stacks run in threads of one process; another process has drafts of other names."""

_QUIET = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
    "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`folder` holds everything of Pulumi's in this workspace; `clouds` is the clouds.yaml of its sites."""

    folder: Path
    city: Path
    clouds: Path
    path_entries: tuple[Path, ...]
    plugin_home: Path
    elsewhere: Path | None = None
    """Where the other site keeps a copy of the folder, its passphrase beside it; None where there is no other."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What holds for every stack here over what is committed, as `images: existing`; what is no longer here goes."""

    @property
    def stack_files(self) -> Path:
        return self.folder / "project"

    @property
    def passphrase(self) -> Path:
        """Beside the folder: a copy of all that Pulumi keeps does not open itself."""
        return self.folder.with_name("passphrase")

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def made(self) -> tuple[str, ...]:
        """The stacks of which anything is left, be it only Pulumi's own backup, its history or our copy, sorted."""
        states = [self.state, *([self.elsewhere / "state"] if self.elsewhere else [])]
        kept = (s / ".pulumi" / folder / PROJECT for s in states for folder in ("stacks", "backups", "history"))
        return tuple(sorted({entry.name.partition(".json")[0] for folder in kept for entry in folder.glob("*")}))

    def checkpoint(self, stack: str) -> Path:
        """Where Pulumi keeps the state of a stack; there once the stack was made."""
        return self.state / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"

    def variables(self, path: str) -> dict[str, str]:
        """What a shell sets so that plain `pulumi` works here; `path` is the PATH that it goes before."""
        first = [Path(sys.executable).parent, *self.path_entries]
        return {
            **_QUIET,
            "PATH": os.pathsep.join([*map(str, first), path]),
            "PULUMI_HOME": str(self.plugin_home),
            "PULUMI_BACKEND_URL": f"file://{quote(str(self.state))}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
            "PULUMI_OPTION_CWD": str(self.stack_files),
            "OS_CLIENT_CONFIG_FILE": str(self.clouds),
            "ASTY_CITY": str(self.city.resolve()),
        }

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of a Pulumi that we start: `environ` without what is foreign, and our variables."""
        return {**{k: v for k, v in environ.items() if k not in foreign(environ)}, **self.variables(environ["PATH"])}


def foreign(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of another cloud or another Pulumi that must be unset, sorted."""
    return tuple(sorted(name for name in environ if name.startswith(_FOREIGN)))


def shell(project: Project, environ: Mapping[str, str]) -> str:
    """Lines for `eval`: what to unset, what to export."""
    unset = [f"unset {name}" for name in foreign(environ)]
    exports = [f"export {key}={shlex.quote(value)}" for key, value in project.variables(environ["PATH"]).items()]
    return "\n".join([*unset, *exports])


def open_project(project: Project, stacks: Iterable[Stack], root: Path = ROOT) -> None:
    """Makes the folder, or brings it up to date with the repository; keeps its passphrase, salts and own settings."""
    with _ONE_AT_A_TIME:
        for folder in (project.folder, project.stack_files, project.state):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        seats.note(project.folder)
        require_passphrase(project)
        _keep_passphrase(project.passphrase)
        for name in ("Pulumi.yaml", "infra"):
            _link(project.stack_files / name, root / name)
        for stack in stacks:
            name = f"Pulumi.{stack.name}.yaml"
            _bring_up_to_date(project.stack_files / name, root / name, project.settings)


def require_passphrase(project: Project) -> None:
    """Raises NeedsPerson where it is lost while there is a state that was made with it."""
    if project.made and not _has_text(project.passphrase):
        raise NeedsPerson(
            f"passphrase {project.passphrase}",
            f"it is gone, while {len(project.made)} stacks have a state that was made with it",
            "Put it back, or run `asty state restore`: a new one would open none of them.",
        )


def _has_text(path: Path) -> bool:
    return path.exists() and bool(path.read_text(encoding="utf-8").strip())


def _keep_passphrase(path: Path) -> None:
    """Whole or not at all, and the first one stays, whoever else makes one at this moment."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    _write(fresh, secrets.token_urlsafe(32) + "\n")
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.symlink_to(target)
    fresh.replace(link)


def _bring_up_to_date(kept: Path, committed: Path, settings: Mapping[str, str]) -> None:
    """The committed settings win over the workspace's; what only the workspace has (its salt) stays.

    Beside the copy lies what was committed when it was last made: what is gone from git since goes here, too.
    """
    if not committed.exists():
        raise InvalidInput(f"stack file {committed.name}", "it is not in the repository", "Copy one of its neighbours.")
    base = kept.with_name(f".{kept.name}.committed")
    own = {"config": {f"{PROJECT}:{key}": value for key, value in settings.items()}} if settings else {}
    here, before, there = _read(kept), _read(base), merge(_read(committed), {}, own)
    merged = merge(here, before, there)
    if merged != here:
        _write(kept, yaml.safe_dump(merged))
    if before != there:
        _write(base, yaml.safe_dump(there))


def _read(path: Path) -> Content:
    """Raises NeedsPerson for a file that is torn: what somebody set in it may be lost."""
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        words = " ".join(str(error).split())
        remedy = "Run `asty state restore`: it takes back the copy that is whole, and keeps this file beside it."
        raise NeedsPerson(f"stack file {path}", f"it cannot be read ({words})", remedy) from error
    return content if isinstance(content, dict) else {}


def _write(path: Path, text: str) -> None:
    """Whole or not at all: another process may read it meanwhile."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(path)
