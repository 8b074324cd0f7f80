"""Whether this machine lets root make the namespaces and mounts that a real router stands in."""

import subprocess

from lab.left_out import LeftOut
from lab.system import as_root, last_line

PART = "the real routers"
_WITHOUT_ROOT = LeftOut(
    part=PART,
    reason="namespaces need root, and this user cannot become root",
    remedy="Run as root, or where sudo works.",
)
_TRY = (
    *("/usr/bin/unshare", "--mount", "--uts", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"),
    *("/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/run"),
)
"""All that the namespaces of a router need, in one command that leaves nothing behind."""


def lacking() -> LeftOut | None:
    """Why no real router can stand here; None where one can. Asks the kernel, and changes nothing."""
    by = as_root()
    if by is None:
        return _WITHOUT_ROOT
    done = subprocess.run([*by, *_TRY], capture_output=True, text=True, check=False)  # noqa: S603 - a constant command
    if done.returncode == 0:
        return None
    return LeftOut(
        part=PART,
        reason=f"this machine makes no namespaces ({last_line(done.stderr)})",
        remedy="Run where root has CAP_SYS_ADMIN; a container may need to be privileged.",
    )
