"""A `pulumi` that fits the installed Python packages: found, downloaded, or built.

1. what is on PATH, of at least the pinned version, with the Python host and the OpenStack plugin;
2. Pulumi's own installer, where somebody has said by its digest which installer to trust;
3. a build from Go modules (lab.pulumi_from_go).
What 2 and 3 make is kept in the cache.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from city.errors import AstyError, Failed, InvalidInput
from lab import pulumi_from_go
from lab.openstack.environment import alone, cache_home
from lab.system import Report

_INSTALLER = "https://get.pulumi.com"
"""The address that Pulumi documents for its installer."""
TRUSTED = "ASTY_PULUMI_INSTALLER_SHA256"
"""The variable that holds the SHA-256 of the installer that its reader trusts. Pulumi changes the installer at times
and publishes no digest of it, so that none can be shipped."""
_REACH_S = 5.0
_DOWNLOAD_S = 600.0
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiTools:
    """`path_entries` go first on PATH, `plugin_home` is PULUMI_HOME, `way` says where all of it came from."""

    path_entries: tuple[Path, ...]
    plugin_home: Path
    way: str

    def variables(self, path: str) -> dict[str, str]:
        """The environment under which plain `pulumi` uses these tools; `path` is the PATH to extend."""
        return {
            "PATH": os.pathsep.join((*map(str, self.path_entries), path)),
            "PULUMI_HOME": str(self.plugin_home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The versions that the installed Python packages ask for."""

    cli: str
    plugin: str


def wanted() -> Wanted:
    """Read from the packages: the engine must be as new as its SDK, the plugin exactly its package's."""
    plugin = json.loads((python_package() / "pulumi-plugin.json").read_text(encoding="utf-8"))
    return Wanted(cli=metadata.version("pulumi"), plugin=str(plugin["version"]))


def python_package() -> Path:
    """The installed package's folder, without importing it: that takes seconds."""
    found = find_spec("pulumi_openstack")
    if found is None or found.origin is None:
        raise InvalidInput("pulumi_openstack", "it is not installed", "Run `uv sync`.")
    return Path(found.origin).parent


def ensure(report: Report) -> PulumiTools:
    """The tools, ready to run. Raises Failed naming each way that was tried and why it did not lead there."""
    versions = wanted()
    tools = _on_path(versions) or _provided(versions, report)
    check(tools, versions)
    report(f"Pulumi: {tools.way}")
    return tools


def check(tools: PulumiTools, versions: Wanted) -> None:
    """Ask the tools themselves for their versions. Raises InvalidInput where they do not fit."""
    program = shutil.which("pulumi", path=tools.variables(os.environ.get("PATH", ""))["PATH"])
    found = _version_of(Path(program)) if program else None
    if found is None or found < _number(versions.cli):
        raise InvalidInput("pulumi", f"it is not of version {versions.cli} or newer", "Run `asty doctor`.")
    if not _plugin(tools.plugin_home, versions).exists():
        raise InvalidInput("Pulumi's OpenStack plugin", f"{versions.plugin} is not there", "Run `asty doctor`.")


def _on_path(versions: Wanted) -> PulumiTools | None:
    program, host = shutil.which("pulumi"), shutil.which("pulumi-language-python")
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if not program or not host or not _plugin(home, versions).exists():
        return None
    found = _version_of(Path(program))
    if found is None or found < _number(versions.cli):
        return None
    return PulumiTools(path_entries=(), plugin_home=home, way=f"{program}, found on PATH")


def _provided(versions: Wanted, report: Report) -> PulumiTools:
    folder = cache_home() / "pulumi" / _digest(versions)
    with alone(folder.with_name(folder.name + ".lock")):
        if not folder.exists():
            _make(folder, versions, report)
    way = (folder / "way").read_text(encoding="utf-8").strip()
    return PulumiTools(path_entries=(folder / "bin",), plugin_home=folder / "home", way=f"{way}, in {folder}")


def _make(folder: Path, versions: Wanted, report: Report) -> None:
    """Try each way in a folder beside the final one, which appears only when it is whole."""
    partial = folder.with_name(folder.name + ".partial")
    troubles: list[str] = []
    for way, attempt in _ways(versions, report):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            attempt(partial)
            (partial / "way").write_text(f"{way}\n", encoding="utf-8")
            check(PulumiTools(path_entries=(partial / "bin",), plugin_home=partial / "home", way=way), versions)
        except (AstyError, OSError, subprocess.SubprocessError) as error:
            troubles.append(f"{way}: {error}")
            report(f"Pulumi: not {way} ({str(error).splitlines()[0]})")
            continue
        partial.rename(folder)
        return
    raise Failed("Pulumi", "; ".join(troubles), f"Install pulumi {versions.cli} by hand, so that it is on PATH.")


def _ways(versions: Wanted, report: Report) -> Iterator[tuple[str, Callable[[Path], None]]]:
    yield "by Pulumi's own installer", lambda folder: _download(folder, versions, report)
    yield (
        f"built from Go modules ({versions.cli})",
        lambda folder: pulumi_from_go.build(folder, versions.cli, versions.plugin, report),
    )


def _download(folder: Path, versions: Wanted, report: Report) -> None:
    """The documented command, with the version pinned and the folder ours; then the plugin by the command line."""
    script = _trusted_installer()
    report(f"Pulumi: downloading {versions.cli} by {_INSTALLER}")
    begun = time.monotonic()
    options = ("--version", versions.cli, "--install-root", str(folder), "--no-edit-path", "--silent")
    subprocess.run(  # noqa: S603 - Pulumi's documented installer
        ["/bin/sh", "-s", "--", *options], input=script, check=True, capture_output=True, timeout=_DOWNLOAD_S
    )
    subprocess.run(  # noqa: S603 - the program just installed
        [str(folder / "bin" / "pulumi"), "plugin", "install", "resource", "openstack", versions.plugin],
        env={**os.environ, "PULUMI_HOME": str(folder / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        check=True,
        capture_output=True,
        timeout=_DOWNLOAD_S,
    )
    report(f"Pulumi: downloaded ({time.monotonic() - begun:.0f} s)")


def _trusted_installer() -> bytes:
    """The installer, where it is the one that somebody trusts. Raises Failed else: nothing unknown is run."""
    trusted = os.environ.get(TRUSTED, "").strip().lower()
    if not trusted:
        raise Failed(
            "Pulumi's installer", "nobody has said which to trust", f"Read {_INSTALLER}; set {TRUSTED} to its SHA-256."
        )
    with urllib.request.urlopen(_INSTALLER, timeout=_REACH_S) as answer:
        script = bytes(answer.read())
    if (found := hashlib.sha256(script).hexdigest()) != trusted:
        raise Failed("Pulumi's installer", f"its SHA-256 is {found}, not {trusted}", f"Read {_INSTALLER} anew.")
    return script


def _plugin(home: Path, versions: Wanted) -> Path:
    return home / "plugins" / f"resource-openstack-v{versions.plugin}" / "pulumi-resource-openstack"


def _version_of(program: Path) -> tuple[int, ...] | None:
    done = subprocess.run([str(program), "version"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - a program named pulumi
    return _number(done.stdout) if done.returncode == 0 and _VERSION.search(done.stdout) else None


def _number(version: str) -> tuple[int, ...]:
    found = _VERSION.search(version)
    if found is None:
        raise ValueError(f"{version!r} is not a version")
    return tuple(int(part) for part in found.groups())


def _digest(versions: Wanted) -> str:
    """Names everything that a build is made of."""
    content = hashlib.sha256(f"{versions.cli} {versions.plugin}".encode())
    for file in sorted(pulumi_from_go.SOURCES.rglob("*")):
        if file.is_file():
            content.update(file.read_bytes())
    return content.hexdigest()[:16]
