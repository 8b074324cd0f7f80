"""The image that the lab's clouds offer a city: the base image with an application in the place of the city's services.

No key is in it, and nothing of a zone: what a host is, it learns from its metadata, and its certificate is given to it
(lab.hosts.authority). As root; the image is kept in the cache by what it is made of.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from city.errors import Failed
from lab.hosts import base_image, needs
from lab.openstack.environment import alone, cache_home
from lab.params import LabParams
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import Report, as_root, last_line

_INSIDE = Path(__file__).parent / "inside"
_ROLES = REPOSITORY / "playbooks" / "roles"
_FILES = {
    _INSIDE / "application.py": "usr/lib/application/application.py",
    _INSIDE / "marks.py": "usr/lib/application/marks.py",
    _ROLES / "application/files/application.service": "etc/systemd/system/application.service",
    _ROLES / "application/files/role-application.target": "etc/systemd/system/role-application.target",
    _ROLES / "host/files/service_roles.py": "usr/lib/service/service_roles.py",
    _ROLES / "host/files/service-roles.service": "etc/systemd/system/service-roles.service",
}


def keep(params: LabParams, report: Report) -> None:
    """Have the lab's image, the one that it was made with if it has any: its servers run from no other."""
    if params.image.exists():
        return
    made = provide(report)
    partial = params.image.with_suffix(".new")
    shutil.copyfile(made, partial)
    partial.replace(params.image)


def provide(report: Report) -> Path:
    """The image, from the cache or made now. Raises Failed."""
    by = as_root()
    if by is None:
        raise Failed("hosts", "only root may make their image", "Do this as root, or where sudo works.")
    install(by, report, needs.NEEDS, needs.__name__)
    if not by:
        return _kept(report)
    command = [*by, "/usr/bin/env", f"XDG_CACHE_HOME={cache_home().parent}", *OURS, __spec__.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - own words
    if done.returncode:
        raise Failed("the image of the hosts", last_line(done.stderr), "Mend that, then try again.")
    *said, last = done.stdout.splitlines()
    for line in said:
        report(line)
    return Path(json.loads(last))


def _kept(report: Report) -> Path:
    base = base_image.provide(report)
    made_of = hashlib.sha256(base.name.encode())
    for file in (Path(__file__), *_FILES):
        made_of.update(file.read_bytes())
    file = base.with_name(f"city-{made_of.hexdigest()[:16]}.squashfs")
    with alone(file.with_suffix(".lock")):
        if not file.exists():
            report("hosts: making the image of the city's services (once; some seconds)")
            with tempfile.TemporaryDirectory(dir=base.parent) as scratch:
                tree = Path(scratch) / "tree"
                _unpack(base, tree)
                furnish(tree)
                base_image.seal(tree, file)
    return file


def _unpack(base: Path, tree: Path) -> None:
    command = ["/usr/bin/unsquashfs", "-quiet", "-no-progress", "-dest", str(tree), str(base)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - constants and own paths
    if done.returncode:
        raise Failed("unsquashfs", last_line(done.stderr), "Look whether the disk is full.")


def furnish(tree: Path) -> None:
    """Put the application, and what starts it, into the tree of a base image."""
    for source, place in _FILES.items():
        (tree / place).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(source, tree / place)
        (tree / place).chmod(0o644)
    unit = "etc/systemd/system/multi-user.target.wants/service-roles.service"
    (tree / unit).symlink_to("/etc/systemd/system/service-roles.service")


if __name__ == "__main__":
    print(json.dumps(str(provide(print))))  # noqa: T201 - for whoever started this as root
