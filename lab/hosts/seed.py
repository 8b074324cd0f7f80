"""What a guest finds in its file system that no image has: name, name servers, config drive, first boot.

`seed/first` is copied onto the guest's disk when that is new, `seed/every` at each start. The config drive is the
folder /run/config-drive of the guest, laid out as Nova lays it out (openstack/latest/meta_data.json, user_data, ...).
"""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from lab.hosts.folder import GuestFolder
from lab.hosts.guest import Guest

_INSIDE = Path(__file__).parent / "inside"
_UNITS = ("first-boot.service", "first-boot-commands.service", "vendor-data.service")
_KEYS = "opt/first-boot/authorized_keys"
_PROGRAM = "opt/first-boot/first_boot.py"


_VENDOR_DATA, _USER_DATA = "openstack/latest/vendor_data.json", "openstack/latest/user_data"
_READ_BY_ALL, _READ_BY_ROOT = 0o644, 0o600


def sow(folder: GuestFolder, guest: Guest, authorised: str, vendor_data: str | None) -> None:
    """Write the config drive and both seeds anew. `authorised` are lines of authorized_keys beside the cloud's.

    What the cloud gives to this host alone, only its root reads.
    """
    vendor = {} if vendor_data is None else {_VENDOR_DATA: vendor_data}
    _write_all(folder.path / "drive", {**guest.drive, **vendor}, secret={_VENDOR_DATA, _USER_DATA})
    _write_all(
        folder.path / "seed" / "every",
        {"etc/resolv.conf": "".join(f"nameserver {server}\n" for server in guest.name_servers)},
    )
    first = folder.path / "seed" / "first"
    _write_all(
        first,
        {
            "etc/hostname": f"{guest.hostname}\n",
            "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {guest.hostname}\n::1 localhost\n",
            _KEYS: authorised,
            _PROGRAM: (_INSIDE / "first_boot.py").read_text(encoding="utf-8"),
            **{f"etc/systemd/system/{unit}": (_INSIDE / unit).read_text(encoding="utf-8") for unit in _UNITS},
        },
    )
    wants = first / "etc" / "systemd" / "system" / "multi-user.target.wants"
    wants.mkdir(mode=0o755)
    for unit in _UNITS:
        (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")


def _write_all(folder: Path, files: Mapping[str, str], secret: Collection[str] = ()) -> None:
    """A folder with exactly these files, readable by all but for the secret ones: the guest's own folders get their
    modes from it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755, parents=True)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        file.touch(mode=_READ_BY_ROOT)
        file.write_text(text, encoding="utf-8")
        file.chmod(_READ_BY_ROOT if name in secret else _READ_BY_ALL)
