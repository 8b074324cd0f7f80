"""A region's own folders and files, before anything of it is started."""

import os
from pathlib import Path

from cryptography.fernet import Fernet

from city.secrets import Secret
from lab.openstack import config
from lab.openstack.processes import lend_drivers
from lab.openstack.spec import RegionSpec

_FOLDERS = (
    "etc/designate",
    "run",
    "fernet",
    "credential",
    "glance/images",
    "glance/staging",
    "glance/tasks",
    "nova",
    "neutron",
    "cinder/coordination",
    "designate",
    "volumes",
    "octavia/certificates",
    "balancing",
    "names",
)
_KEYS = ("fernet", "credential")
_PASTE = (("nova/api-paste.ini", "api-paste.ini"), ("designate/api-paste.ini", "designate/api-paste.ini"))
"""Read next to the configuration, not from the environment's own folder."""


def write_private(file: Path, text: str) -> None:
    """Replace a file in one step; nobody else could read it at any moment."""
    partial = file.with_name(file.name + ".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    partial.replace(file)


def prepare(spec: RegionSpec, environment: Path, user: str, password: Secret) -> None:
    """Write everything but the database; what is already there and must stay (keys) stays."""
    for folder in (spec.folder, spec.logs, *(spec.folder / name for name in _FOLDERS)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _KEYS:
        _keys(spec.folder / name)
    for source, place in _PASTE:
        write_private(spec.etc / place, (environment / "etc" / source).read_text(encoding="utf-8"))
    for place, text in config.files(spec, environment, user, password).items():
        write_private(spec.etc / place, text)
    lend_drivers(spec)


def _keys(folder: Path) -> None:
    """Keystone's key repository: 0 is the next key, the highest number the one in use."""
    for number in ("0", "1"):
        if not (folder / number).exists():
            write_private(folder / number, Fernet.generate_key().decode())
