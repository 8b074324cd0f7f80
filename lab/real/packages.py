"""The Debian packages of the real router, installed without their services being started, now or at the next boot.

`python -m lab.real.packages` installs them; that takes root.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from city.errors import Failed
from lab.system import ONE_AT_A_TIME, Need, Report, ensure, last_line, turn

NEEDS = (
    Need(package="frr", why="a real router for the devices of platform frr", shown_by=Path("/usr/lib/frr/zebra")),
    Need(package="openssh-server", why="the command line of that router", shown_by=Path("/usr/sbin/sshd")),
    Need(package="snmpd", why="a real SNMP agent for that router", shown_by=Path("/usr/sbin/snmpd")),
    Need(package="iproute2", why="that router's own network namespace", shown_by=Path("/usr/sbin/ip")),
    Need(package="openssl", why="the hash of that router's password", shown_by=Path("/usr/bin/openssl")),
)
REPOSITORY = Path(__file__).parents[2]
OURS = ("/usr/bin/env", f"PYTHONPATH={REPOSITORY}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m")
"""Before the name of a module of ours that is to run as root; it leaves no file of root's in the checkout."""
POLICY = Path("/usr/sbin/policy-rc.d")
_FORBID = "#!/bin/sh\nexit 101\n"
"""invoke-rc.d(8): 101 is "action forbidden by policy"."""


def install(by: Sequence[str], report: Report, needs: Sequence[Need] = NEEDS, module: str = __name__) -> None:
    """Have every program that is needed; `by` (lab.system.as_root) makes root of us, and `module` installs them there.

    Raises Failed, with the command to type, where apt fails or a service stays switched on.
    """
    if all(need.met for need in needs):
        return
    if not by:
        with services_held(POLICY):
            ensure(needs, report)
        return
    with ONE_AT_A_TIME:
        done = subprocess.run([*by, *OURS, module], capture_output=True, text=True, check=False)  # noqa: S603 - constant
    for line in done.stdout.splitlines():
        report(line)
    if done.returncode:
        raise _heard(last_line(done.stderr), needs)


def serve(needs: Sequence[Need]) -> None:
    """The whole of such a module, as root."""
    try:
        install((), print, needs)
    except Failed as error:
        sys.exit(_said(error))


def _said(error: Failed) -> str:
    """How the process that runs as root tells of it, as its last line."""
    return json.dumps([error.thing, error.problem, error.remedy])


def _heard(line: str, needs: Sequence[Need]) -> Failed:
    """What `_said` told, or whatever else ended that process, with the command to type."""
    with contextlib.suppress(ValueError):
        return Failed(*json.loads(line))
    packages = " ".join(need.package for need in needs)
    remedy = f"As root: apt-get install --no-install-recommends {packages}; then try again."
    return Failed(f"Debian packages {packages}", line, remedy)


@contextlib.contextmanager
def services_held(policy: Path) -> Iterator[None]:
    """While this lasts, a package that is installed does not start its service; then it is as before.

    Another process that wants the same waits: it would take our policy for the machine's own.
    """
    with turn(policy.parent):
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


if __name__ == "__main__":
    serve(NEEDS)
