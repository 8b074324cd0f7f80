"""The cables of a guest: lab.net plugs its ports into the network namespace that the guest stands in (lab.cells)."""

import subprocess

from lab import cells


def pull(name: str) -> None:
    """Take every link down: what the guest still sends reaches nobody, as of a machine without power."""
    listed = _ip("-n", name, "-o", "link", "show").splitlines()
    for link in (line.split(": ")[1].split("@")[0] for line in listed):
        if link != "lo":
            _ip("-n", name, "link", "set", link, "down")


def _ip(*words: str) -> str:
    """What it says; a namespace or a link that is gone by now needs nothing."""
    return subprocess.run([cells.IP, *words], capture_output=True, text=True, check=False).stdout  # noqa: S603 - own names
