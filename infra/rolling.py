"""Members of a service change one after the other, and the next only when the one before is well again.

Pulumi would change all of them at once: with a bad image the service would be gone before anybody saw it. Pure but
for `await_health`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openstack.connection import Connection

from infra.components.entrance import DETECTED_S
from infra.plan import StackPlan

STEADY_S = float(DETECTED_S)
"""Just rebuilt, a member still counts as it did before: so long it must be well at every look."""
_PAUSE_S = 3.0
_INTERRUPTING = frozenset({"replace", "resize"})
_SERVER = "openstack:compute/instance:Instance"
_WELL = frozenset({"ONLINE", "NO_MONITOR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Members of different services that may change at the same moment: `urns` are their servers."""

    urns: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(urn.rpartition("::")[2] for urn in self.urns)


def turns(plan: StackPlan) -> tuple[Turn, ...]:
    """The servers whose work a plan interrupts: of every service one member a turn, the first members first."""
    found: dict[str, list[str]] = {}
    for step in plan.steps:
        if step.urn.split("::")[-2].endswith(_SERVER) and step.op in _INTERRUPTING:
            found.setdefault(step.urn.rpartition("-")[0], []).append(step.urn)
    longest = max(map(len, found.values()), default=0)
    return tuple(
        Turn(urns=tuple(members[index] for members in found.values() if index < len(members)))
        for index in range(longest)
    )


def unwell(cloud: Connection, members: tuple[str, ...]) -> Iterator[str]:
    """Why each of these members does not serve; nothing where all do."""
    status = {server.name: server.status for server in cloud.compute.servers(details=True)}
    for name in members:
        if status.get(name) != "ACTIVE":
            yield f"server {name} is {status.get(name, 'gone')}"
    for pool in cloud.load_balancer.pools():
        for member in cloud.load_balancer.members(pool.id):
            if member.name in members and member.operating_status not in _WELL:
                yield f"{member.name} does not answer the load balancer's checks ({member.operating_status})"


def await_health(
    look: Callable[[], Iterator[str]],
    within_s: float,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Looks until all has been well for `STEADY_S`, or says what is not when `within_s` are over."""
    until = clock() + within_s
    well_since: float | None = None
    while True:
        wrong, now = "; ".join(look()), clock()
        if wrong or well_since is None:
            well_since = None if wrong else now
        if well_since is not None and now - well_since >= STEADY_S:
            return ""
        if now >= until:
            return wrong or f"it was not well for {STEADY_S:g} s at a time"
        pause(_PAUSE_S)
