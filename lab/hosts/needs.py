"""The Debian packages of the hosts. `python -m lab.hosts.needs` installs them; that takes root."""

from pathlib import Path

from lab.real import packages
from lab.system import Need

NEEDS = (
    Need(package="systemd-container", why="servers that really run", shown_by=Path("/usr/bin/systemd-nspawn")),
    Need(package="mmdebstrap", why="the base image of those servers", shown_by=Path("/usr/bin/mmdebstrap")),
    Need(package="squashfs-tools", why="the base image of those servers", shown_by=Path("/usr/bin/mksquashfs")),
    Need(package="e2fsprogs", why="the disks of those servers", shown_by=Path("/usr/sbin/mkfs.ext4")),
    Need(package="iproute2", why="the network namespaces of those servers", shown_by=Path("/usr/sbin/ip")),
)

if __name__ == "__main__":
    packages.serve(NEEDS)
