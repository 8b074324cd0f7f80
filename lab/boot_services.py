"""The next boot: it starts no service that only came with a Debian package of the lab's.

Debian switches the services of a package on when it installs it, by links of systemd's and of the runlevels'. The
lab starts daemons of its own, on addresses of its own; the sshd of the package would listen on every address.
"""

import contextlib
import shlex
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from city.errors import Failed

Report = Callable[[str], None]
_RUNLEVELS = "etc/rc[S2345].d/S*"
_LINKS = ("etc/systemd/system/*.wants/*", "etc/systemd/system/*.requires/*", _RUNLEVELS)


@contextlib.contextmanager
def kept_off(packages: Iterable[str], by: Sequence[str], report: Report, root: Path = Path("/")) -> Iterator[None]:
    """While this lasts, those packages are installed; then the services of each that is new are switched off.

    What was installed before stays as it is, and so does what Debian brings along, which is the machine's own
    housekeeping. `by` makes root of us. Raises Failed, with the commands to type, where a service stays on.
    """
    new = [package for package in packages if not _installed(package)]
    try:
        yield
    finally:
        _switch_off(new, by, report, root)


def _switch_off(packages: Sequence[str], by: Sequence[str], report: Report, root: Path) -> None:
    commands = [command for package in packages for command in _commands(package, root)]
    if not commands:
        return
    before = _names(packages, root)
    words = [line for command in commands for line in _run([*by, *command]).stderr.strip().splitlines()]
    if left := _names(packages, root):
        typed = "; ".join(shlex.join(command) for command in commands)
        problem = words[-1] if words else "to switch it off changed nothing"
        raise Failed(
            f"service {', '.join(left)}", f"the next boot starts it: {problem}", f"As root: {typed}; then try again."
        )
    report(f"services switched off for the next boot, as the lab starts its own: {', '.join(before)}")


def _commands(package: str, root: Path) -> Iterator[list[str]]:
    """deb-systemd-helper serves maintainer scripts, and works only for who names a package as they do."""
    links = _links(package, root)
    scripts = {link.readlink().name for link in links if link.match(_RUNLEVELS)}
    if units := sorted({link.readlink().name for link in links if not link.match(_RUNLEVELS)}):
        yield ["env", f"DPKG_MAINTSCRIPT_PACKAGE={package}", "deb-systemd-helper", "disable", *units]
    for script in sorted(scripts):
        yield ["update-rc.d", script, "disable"]


def _names(packages: Iterable[str], root: Path) -> list[str]:
    return sorted({link.readlink().stem for package in packages for link in _links(package, root)})


def _links(package: str, root: Path) -> list[Path]:
    """Those by which the next boot starts something of the package's."""
    listed = _run(["dpkg-query", "--listfiles", package]).stdout.splitlines()
    files = {Path(line).resolve() for line in listed}
    found = (link for pattern in _LINKS for link in root.glob(pattern) if link.is_symlink())
    return [link for link in found if Path("/", link.parent.relative_to(root), link.readlink()).resolve() in files]


def _installed(package: str) -> bool:
    found = _run(["dpkg-query", "--show", "--showformat=${db:Status-Status}\\n", package])
    return "installed" in found.stdout.splitlines()


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - names of packages and of their services
