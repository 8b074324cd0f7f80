"""Whether this machine lets root make the namespaces and mounts that a real router, or a guest, stands in."""

import subprocess
from collections.abc import Sequence

from lab.left_out import LeftOut
from lab.system import as_root, last_line

PART = "the real routers"
_TRY = (
    *("/usr/bin/unshare", "--mount", "--uts", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"),
    *("/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/run"),
)
"""All that the namespaces of a router need, in one command that leaves nothing behind."""
_MAKES_NONE = "this machine makes no namespaces"
_PRIVILEGED = "Run where root has CAP_SYS_ADMIN; a container may need to be privileged."


def lacking(
    part: str = PART, trial: Sequence[str] = _TRY, reason: str = _MAKES_NONE, remedy: str = _PRIVILEGED
) -> LeftOut | None:
    """Why a part of the lab cannot stand here; None where it can. Asks the kernel by `trial`, and changes nothing."""
    by = as_root()
    if by is None:
        without = "namespaces need root, and this user cannot become root"
        return LeftOut(part=part, reason=without, remedy="Run as root, or where sudo works.")
    done = subprocess.run([*by, *trial], capture_output=True, text=True, check=False)  # noqa: S603 - a constant command
    if done.returncode == 0:
        return None
    return LeftOut(part=part, reason=f"{reason} ({last_line(done.stderr)})", remedy=remedy)
