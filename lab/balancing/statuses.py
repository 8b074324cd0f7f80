"""Operating statuses, as Octavia's API reference defines them, of what a load balancer's checks found.

A member is OFFLINE while it is switched off, DRAINING at weight 0, NO_MONITOR where nobody checks it, else ONLINE or
ERROR as its checks say. Above it each thing is worth what its parts are: ERROR where all of them are, DEGRADED where
some are in ERROR or DEGRADED, OFFLINE where it is switched off or nothing leads to it, else ONLINE. A member that was
not checked yet is unknown: nothing is said of it, nor of what its state would decide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lab.balancing.balancer import Balancer, Listener, Member, Pool

ONLINE, OFFLINE, ERROR, DEGRADED = "ONLINE", "OFFLINE", "ERROR", "DEGRADED"
DRAINING, NO_MONITOR = "DRAINING", "NO_MONITOR"
Status = str | None
"""None: unknown."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A member as HAProxy shows it (management guide 9.1, fields `status` and `check_status`)."""

    status: str
    check: str

    @property
    def well(self) -> bool | None:
        """None before the first check has ended; INI after a reload, though, tells nothing new of one that is down."""
        if self.status.startswith("DOWN"):
            return False
        return None if self.check in {"", "INI"} else True


Statuses = dict[str, dict[str, str]]


def statuses(balancer: Balancer, seen: Mapping[str, Seen], refused: Mapping[str, str]) -> Statuses:
    """Of everything whose status is known: kind as the provider's status API names it, id, status."""
    pools = {pool.id: pool for pool in balancer.pools}
    leading = {one.pool for one in balancer.open if one.id not in refused}
    reached = {pool.id for pool in balancer.pools if pool.enabled and pool.id in leading and pool.id not in refused}
    members = {member.id: _member(pool, member, seen, reached) for pool in balancer.pools for member in pool.members}
    of_pools = {pool.id: _pool(pool, members, reached, refused) for pool in balancer.pools}
    listeners = {one.id: _listener(balancer, one, pools, of_pools, refused) for one in balancer.listeners}
    whole = rolled_up(listeners.values()) if balancer.enabled else OFFLINE
    monitors = {
        pool.monitor.id: ERROR if pool.monitor.id in refused else ONLINE if pool.monitor.enabled else OFFLINE
        for pool in balancer.pools
        if pool.monitor is not None
    }
    found: dict[str, dict[str, Status]] = {
        "loadbalancers": {balancer.id: whole},
        "listeners": listeners,
        "pools": of_pools,
        "members": members,
        "healthmonitors": dict(monitors),
    }
    return {kind: {key: one for key, one in each.items() if one is not None} for kind, each in found.items()}


def rolled_up(parts: Iterable[Status]) -> Status:
    """What a thing with these parts is; those that are switched off do not count."""
    counted = [part for part in parts if part != OFFLINE]
    if counted and all(part == ERROR for part in counted):
        return ERROR
    if any(part in {ERROR, DEGRADED} for part in counted):
        return DEGRADED
    return None if None in counted else ONLINE


def _member(pool: Pool, member: Member, seen: Mapping[str, Seen], reached: Iterable[str]) -> Status:
    if not member.enabled or pool.id not in reached:
        return OFFLINE
    found = seen.get(member.id)
    if pool.monitor is None or not pool.monitor.enabled:
        return DRAINING if member.weight == 0 else NO_MONITOR
    if found is None or found.well is None:
        return None
    if not found.well:
        return ERROR
    return DRAINING if member.weight == 0 else ONLINE


def _pool(pool: Pool, members: Mapping[str, Status], reached: Iterable[str], refused: Mapping[str, str]) -> Status:
    if pool.id in refused:
        return ERROR
    if pool.id not in reached:
        return OFFLINE
    return rolled_up(members[member.id] for member in pool.members)


def _listener(
    balancer: Balancer,
    listener: Listener,
    pools: Mapping[str, Pool],
    of_pools: Mapping[str, Status],
    refused: Mapping[str, str],
) -> Status:
    if not balancer.enabled or not listener.enabled:
        return OFFLINE
    if listener.id in refused:
        return ERROR
    pool = pools.get(listener.pool or "")
    return ONLINE if pool is None or not pool.enabled else of_pools[pool.id]
