"""The Debian packages of the real router, installed without their services being started."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from lab.system import Need, Report, ensure

NEEDS = (
    Need(package="frr", why="a real router for the devices of platform frr", shown_by=Path("/usr/lib/frr/zebra")),
    Need(package="openssh-server", why="the command line of that router", shown_by=Path("/usr/sbin/sshd")),
    Need(package="snmpd", why="a real SNMP agent for that router", shown_by=Path("/usr/sbin/snmpd")),
    Need(package="iproute2", why="that router's own network namespace", shown_by=Path("/usr/sbin/ip")),
    Need(package="openssl", why="the hash of that router's password", shown_by=Path("/usr/bin/openssl")),
)
POLICY = Path("/usr/sbin/policy-rc.d")
_FORBID = "#!/bin/sh\nexit 101\n"
"""invoke-rc.d(8): 101 is "action forbidden by policy"."""


def install(report: Report) -> None:
    """Have every program that is needed. Must be root. Raises Failed, with the command to type, where apt fails."""
    if all(need.met for need in NEEDS):
        return
    with services_held(POLICY):
        ensure(NEEDS, report)


@contextlib.contextmanager
def services_held(policy: Path) -> Iterator[None]:
    """While this lasts, a package that is installed does not start its service; then it is as before."""
    before = policy.read_bytes() if policy.exists() else None
    mode = policy.stat().st_mode if before is not None else 0o755
    policy.write_text(_FORBID, encoding="ascii")
    policy.chmod(0o755)
    try:
        yield
    finally:
        if before is None:
            policy.unlink()
        else:
            policy.write_bytes(before)
            policy.chmod(mode)


def is_root() -> bool:
    return os.geteuid() == 0
