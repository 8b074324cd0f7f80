"""The Python environment that OpenStack's services run in: kept in the cache, built anew where its Python is gone."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from city.errors import Failed
from lab.system import Need, Report, ensure, python_headers

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
MARIADBD = Path("/usr/sbin/mariadbd")
_MYSQL_HEADERS = Path("/usr/include/mariadb/mysql.h")
_BUILD = "builds mysqlclient, the fast driver to the clouds' databases"


def needs() -> tuple[Need, ...]:
    """Debian packages that the regions need; the compiler only until the environment is built."""
    server = Need(package="mariadb-server-core", why="the database of each OpenStack region", shown_by=MARIADBD)
    library = Need(package="libmariadb-dev", why="mysqlclient's own library, and " + _BUILD, shown_by=_MYSQL_HEADERS)
    if works(environment_folder()):
        return server, library
    return (
        server,
        library,
        Need(package="gcc", why=_BUILD, shown_by=Path("/usr/bin/gcc")),
        Need(package="pkg-config", why=_BUILD, shown_by=Path("/usr/bin/pkg-config")),
        Need(package="python3-dev", why=_BUILD, shown_by=python_headers()),
    )


def cache_home() -> Path:
    """Where the project keeps what can be made again (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asty"


def digest() -> str:
    """Names what the environment is made of: the pinned packages and the version of Python."""
    content = REQUIREMENTS.read_bytes() + f"{sys.implementation.cache_tag}".encode()
    return hashlib.sha256(content).hexdigest()[:16]


def environment_folder() -> Path:
    return cache_home() / "openstack" / digest()


def provide(report: Report) -> Path:
    """The environment's folder, built if need be. Raises Failed with the installer's last words."""
    ensure(needs(), report)
    folder = environment_folder()
    with alone(folder.with_suffix(".lock")):
        if not works(folder):
            _build(folder, report)
    return folder


def works(folder: Path) -> bool:
    """Is it there, with its interpreter? That is a link to a Python of the machine, which may be taken away."""
    return os.access(folder / "bin" / "python", os.X_OK)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold `lock` against every other process of this user; waits for whoever has it."""
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(folder: Path, report: Report) -> None:
    """Build beside its place and move there when whole; scripts are relocatable for that."""
    report("OpenStack: installing its services from PyPI into the cache (once; some minutes)")
    begun = time.monotonic()
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    run_uv("venv", "--quiet", "--relocatable", "--python", sys.executable, str(partial))
    run_uv(
        "pip", "install", "--quiet", "--require-hashes", "--compile-bytecode",
        "--python", str(partial / "bin" / "python"), "--requirements", str(REQUIREMENTS),
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    report(f"OpenStack: services installed ({time.monotonic() - begun:.0f} s)")


def uv() -> str | None:
    """The installer that runs us, else the newest that `make` put into the cache, else the one on PATH."""
    kept = max((cache_home() / "uv").glob("*/bin/uv"), key=lambda file: file.stat().st_mtime, default=None)
    return os.environ.get("UV") or (str(kept) if kept else shutil.which("uv"))


def run_uv(*arguments: str) -> None:
    """Run the installer. Raises Failed with its last words."""
    program = uv()
    if program is None:
        raise Failed("uv", "it is not found", "Run `make up`, which installs it by pip.")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - no shell, own arguments
    if done.returncode:
        raise Failed(
            f"uv {arguments[0]}", done.stderr.strip()[-2000:], "Mend that and try again; nothing is half done."
        )
