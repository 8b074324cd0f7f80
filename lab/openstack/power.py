"""Servers that lost their power get it back through Nova, which then says what they do."""

import time
from collections.abc import Iterable

from openstack.connection import Connection
from openstack.exceptions import ConflictException

from city.errors import Failed
from lab.openstack import keystone, template
from lab.openstack.region import PATIENCE_S
from lab.openstack.spec import RegionSpec

_BETWEEN_S = 0.3
_RUNS = "ACTIVE"


def on(spec: RegionSpec, servers: Iterable[str]) -> None:
    """Start these servers (ids); returns when Nova says that they run. Raises Failed with one that does not."""
    waiting = list(servers)
    if not waiting:
        return
    with keystone.connect(spec, template.password(spec, keystone.ADMIN)) as cloud:
        deadline = time.monotonic() + PATIENCE_S
        asked: set[str] = set()
        while waiting:
            if time.monotonic() > deadline:
                raise Failed(f"server {waiting[0]}", "Nova does not start it", f"Read {spec.logs / 'nova.out'}.")
            asked |= {server for server in waiting if server not in asked and _reboots(cloud, server)}
            time.sleep(_BETWEEN_S)
            running = _run(cloud, asked)
            waiting = [server for server in waiting if server not in running]


def _reboots(cloud: Connection, server: str) -> bool:
    """A hard reboot starts what is off whether Nova has seen that already or not; it is refused while Nova is at it."""
    try:
        cloud.compute.reboot_server(server, "HARD")
    except ConflictException:
        return False
    return True


def _run(cloud: Connection, asked: set[str]) -> set[str]:
    """Those of them that run: one question for all, however many a site has."""
    if not asked:
        return set()
    found = cloud.compute.servers()
    return {one.id for one in found if one.id in asked and one.status == _RUNS and one.task_state is None}
