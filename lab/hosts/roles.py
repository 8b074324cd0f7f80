"""The units of systemd that a guest's roles consist of: those that are part of one of its active `role-NAME.target`."""

from city.errors import Refused
from lab.hosts import fault


def units(pid: int) -> list[str]:
    """Of the guest whose process 1 this is. Raises Refused where it has no role that runs."""
    listed = fault.inside(
        pid, "systemctl", "list-units", "--type=target", "--state=active", "--plain", "--no-legend", "role-*.target"
    )
    targets = [line.split()[0] for line in listed.splitlines() if line.split()]
    found = fault.inside(pid, "systemctl", "show", "--property=ConsistsOf", "--value", *targets) if targets else ""
    if not found.split():
        raise Refused("this server", "no role of its own runs there", "Choose a server of a service.")
    return sorted(set(found.split()))


def reload(pid: int, names: list[str]) -> None:
    """Those of them that run take up their files anew, by a restart where they know no other way."""
    fault.inside(pid, "systemctl", "try-reload-or-restart", *names)
