"""The image that the lab's clouds offer a city: Debian with every role of playbooks/roles, made by playbooks/image.yml.

No key is in it, and nothing of a zone: a host learns from its metadata what it is and which roles are its own, and is
given its certificate and its secrets (lab.hosts.authority, lab.hosts.credentials). The lab adds what stands in for
hardware or for software that nobody can ship: the program of the role `application`. As root; the image is kept in the
cache by what it is made of, with its digest (sha256sum(1)) and the list of its packages (dpkg's status) beside it.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from city.errors import Failed
from lab.hosts import base_image, needs
from lab.openstack.environment import alone, cache_home, run_uv
from lab.params import LabParams
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import Report, as_root, last_line

_PLAYBOOKS = REPOSITORY / "playbooks"
_PROGRAM = tuple(Path(__file__).parent / "inside" / name for name in ("application.py", "marks.py"))
_REQUIREMENTS = _PLAYBOOKS / "roles" / "dashboard" / "files" / "requirements.txt"
_PYTHON = "3.11"
"""Debian's own of that suite (lab.hosts.base_image)."""
_BESIDE = (".status", ".sha256")


def keep(params: LabParams, report: Report) -> None:
    """Have the lab's image, the one that it was made with if it has any: its servers run from no other."""
    if params.image.exists():
        return
    made = provide(report)
    partial = params.image.with_suffix(".new")
    shutil.copyfile(made, partial)
    for kind in _BESIDE:
        shutil.copyfile(made.with_suffix(kind), params.image.with_suffix(kind))
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


def roles() -> tuple[str, ...]:
    """All that a host can start; what every host is comes first."""
    return ("host", *sorted(path.parents[1].name for path in (_PLAYBOOKS / "roles").glob("*/files/role-*.target")))


def packages() -> tuple[str, ...]:
    """What the roles promise to have, and what Ansible needs to see it."""
    promised = (_read(_PLAYBOOKS / "roles" / role / "promises.yml").get("packages") or () for role in roles())
    return tuple(sorted({*base_image.PACKAGES, "python3-apt", *(str(name) for names in promised for name in names)}))


def _kept(report: Report) -> Path:
    debian = base_image.provide(report, packages())
    image = debian.with_name(f"golden-{_made_of(debian)}.squashfs")
    with alone(image.with_suffix(".lock")):
        if not image.exists():
            report("hosts: putting every role into the image (once; a minute)")
            begun = time.monotonic()
            with tempfile.TemporaryDirectory(dir=debian.parent) as scratch:
                make(debian, Path(scratch) / "tree", image)
            size = image.stat().st_size / 2**20
            report(f"hosts: image made ({time.monotonic() - begun:.0f} s, {size:.0f} MiB)")
    return image


def _made_of(debian: Path) -> str:
    """By all that decides what is in it."""
    digest = hashlib.sha256(debian.name.encode())
    playbooks = sorted(path for path in _PLAYBOOKS.rglob("*") if path.is_file())
    for file in (Path(__file__), *_PROGRAM, *playbooks):
        digest.update(f"{file.relative_to(REPOSITORY)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def make(debian: Path, tree: Path, image: Path) -> None:
    """The image, and what lies beside it, of Debian's image; `tree` is where it is put together. Raises Failed."""
    base_image.unpack(debian, tree)
    play(tree)
    status = (tree / "var/lib/dpkg/status").read_bytes()
    made = image.with_suffix(".new")
    base_image.seal(tree, made)
    with made.open("rb") as bytes_:
        digest = hashlib.file_digest(bytes_, "sha256").hexdigest()
    image.with_suffix(".status").write_bytes(status)
    image.with_suffix(".sha256").write_text(f"{digest}  {image.name}\n", encoding="ascii")
    made.replace(image)


def play(tree: Path) -> Mapping[str, int]:
    """Run playbooks/image.yml on the tree; how many tasks were `ok` and how many `changed` something. Raises Failed."""
    import ansible_runner  # type: ignore[import-untyped]  # noqa: PLC0415 - ships without types; a cached image needs none

    packages = tree.with_name("packages.tar")
    told = {
        "image_roles": list(roles()),
        "image_update": False,
        "application_files": [str(file) for file in _PROGRAM],
        "dashboard_packages": str(packages),
    }
    host = {
        "ansible_host": str(tree),
        "ansible_connection": "community.general.chroot",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_remote_tmp": "/tmp/.ansible",  # noqa: S108 - within the tree, and gone from the image
    }
    _pack(packages)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ansible.cfg").touch()
        done = ansible_runner.run(
            private_data_dir=folder,
            playbook=str(_PLAYBOOKS / "image.yml"),
            inventory={"all": {"hosts": {"image": host}}},
            extravars=told,
            envvars=_environment(folder),
            quiet=True,
        )
        if done.rc:
            raise Failed("playbooks/image.yml", _said(done), "Mend the role, then try again.")
        stats = done.stats
    return {kind: int(stats[kind].get("image", 0)) for kind in ("ok", "changed")}


def _pack(tar: Path) -> None:
    """What asty needs on a host, as uv.lock has it, for Debian's Python. Raises Failed."""
    with tempfile.TemporaryDirectory(dir=tar.parent) as folder:
        run_uv(
            *("pip", "install", "--quiet", "--require-hashes", "--target", folder, "--python-version", _PYTHON),
            *("--only-binary", ":all:", "--requirements", str(_REQUIREMENTS)),
        )
        with tarfile.open(tar, "w") as out:
            for name in sorted(path.name for path in Path(folder).iterdir()):
                out.add(Path(folder, name), name)


def _environment(home: str) -> dict[str, str]:
    """Ansible is told nothing of this machine; what it starts finds the programs that lie beside our Python."""
    own = Path(sys.executable).parent
    return {
        "PATH": f"{own}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": base_image.EPOCH,
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_CONFIG": f"{home}/ansible.cfg",
    }


def _said(done: Any) -> str:  # noqa: ANN401 - ansible-runner ships without types
    """The task that failed, and why."""
    for event in done.events:
        if event["event"] in {"runner_on_failed", "runner_on_unreachable"}:
            data = event["event_data"]
            return f"{data.get('task')}: {str(data.get('res', {}).get('msg', ''))[:400]}"
    return f"it ended with {done.rc}: {last_line(done.stdout.read())}"


def _read(file: Path) -> Mapping[str, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    print(json.dumps(str(provide(print))))  # noqa: T201 - for whoever started this as root
