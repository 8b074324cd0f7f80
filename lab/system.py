"""What the lab needs of the machine: Debian packages, installed after saying which and why."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from city.errors import Failed
from lab.boot_services import kept_off

Report = Callable[[str], None]
_QUIET = ("env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
"""Through env(1), since sudo drops variables."""


_WAIT = ("--option", "DPkg::Lock::Timeout=600")
"""Seconds to wait for another apt of this machine."""
ONE_AT_A_TIME = threading.Lock()
"""Held by whoever lets apt work: its own locks make others fail, not wait."""
_PACKAGES = Path("/var/lib/dpkg")
_ASKING = threading.Lock()
_PROMPT = "--prompt=Debian packages and the real router need root. [sudo] password for %p: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A Debian package, what it is needed for, and the file that shows it (or its like) to be there."""

    package: str
    why: str
    shown_by: Path

    @property
    def met(self) -> bool:
        return self.shown_by.exists()


def python_headers() -> Path:
    return Path(sysconfig.get_path("include")) / "Python.h"


def ensure(needs: Iterable[Need], report: Report) -> None:
    """Install what is missing by apt-get, as root or through sudo; the next boot starts no service of it.

    Raises Failed with the exact command for a person where neither is to be had, or apt fails.
    """
    with ONE_AT_A_TIME:
        missing = [need for need in needs if not need.met]
        if missing:
            _install(missing, report)


def _install(missing: Sequence[Need], report: Report) -> None:
    names = [need.package for need in missing]
    for need in missing:
        report(f"Debian package {need.package}: {need.why}")
    remedy = f"As root: apt-get install --no-install-recommends {' '.join(names)}; then try again."
    prefix = as_root()
    if prefix is None or shutil.which("apt-get") is None:
        raise Failed(
            f"Debian packages {', '.join(names)}", "they are missing and this user may not install them", remedy
        )
    with turn(_PACKAGES):
        _apt(prefix, ["update"], remedy)
        with kept_off(names, prefix, report):
            _apt(prefix, ["install", "--yes", "--no-install-recommends", *names], remedy)


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Hold this folder against every other process of ours, of any user; waits for whoever has it.

    apt waits for another apt's packages, but not for its lists: its update would fail.
    """
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _apt(prefix: Sequence[str], command: Sequence[str], remedy: str) -> None:
    done = subprocess.run(  # noqa: S603 - package names are constants of this program
        [*prefix, *_QUIET, "apt-get", "--quiet=2", *_WAIT, *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"apt-get {command[0]}", last_line(done.stderr), remedy)


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None where this user cannot become root.

    sudo may ask for a password only where somebody is there to type it, and once at a time.
    """
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    with _ASKING:
        if _allows(sudo, "--non-interactive"):
            return [sudo, "--non-interactive"]
        return [sudo] if sys.stdin.isatty() and _allows(sudo, _PROMPT) else None


def _allows(sudo: str, *options: str) -> bool:
    return subprocess.run([sudo, *options, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603 - constant


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it failed without a word"
