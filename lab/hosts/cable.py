"""The network namespace that a guest stands in: lab.net plugs its ports into it, by its name."""

import subprocess
from pathlib import Path

from city.errors import Failed

_IP = "/usr/sbin/ip"
_NAMED = Path("/run/netns")
"""Where ip-netns(8) keeps the names."""


def lay(name: str) -> None:
    """Have the namespace, with nothing but its loopback up."""
    if not (_NAMED / name).exists():
        _run("netns", "add", name)
    _run("-n", name, "link", "set", "lo", "up")


def pull(name: str) -> None:
    """Take every link down: what the guest still sends reaches nobody, as of a machine without power."""
    listed = _run("-n", name, "-o", "link", "show", must=False).splitlines()
    for link in (line.split(": ")[1].split("@")[0] for line in listed):
        if link != "lo":
            _run("-n", name, "link", "set", link, "down", must=False)


def remove(name: str) -> None:
    """With the namespace its links go, whose other ends are lab.net's."""
    if (_NAMED / name).exists():
        _run("netns", "delete", name)


def _run(*arguments: str, must: bool = True) -> str:
    done = subprocess.run([_IP, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - a list, own names
    if must and done.returncode:
        raise Failed(f"ip {' '.join(arguments)}", done.stderr.strip(), "Look at `ip netns` on this machine.")
    return done.stdout
