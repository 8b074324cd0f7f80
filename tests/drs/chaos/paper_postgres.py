"""PostgreSQL on paper: two hosts for each service, what streams between them, and who writes at which moment.

Modelled on what PostgreSQL 15 and the role `database` do, not on what the steps of a drill expect: a follower has what
was shipped to it; whoever was left with a follower's slot starts as a leader only where the other says that it follows;
a promoted one goes on from what it has; a leader that was stopped in order ships its last word.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock

from city.errors import Failed
from city.model.places import SiteRole
from drs.hands.shell import Declined
from drs.postgres.cluster import Cluster
from drs.postgres.state import Follower, State
from tests.drs.postgres.pairs import Here

SYSTEM = "7301885112233445566"
_CHECKPOINT, _PROMOTION = "checkpoint", "promotion"


@dataclass
class Host:
    """`signal` is the file standby.signal, `following` whether the server that runs was started with it; `wants` to
    run, once it may lead."""

    role: SiteRole
    service: str
    power: bool = True
    plugged: bool = True
    frozen: bool = False
    slow_s: float = 0.0
    running: bool = True
    signal: bool = False
    following: bool = False
    wants: bool = False
    clean: bool = False
    timeline: int = 1
    upstream: str = ""
    slot: str = ""
    slots: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)

    @property
    def answers(self) -> bool:
        return self.power and self.plugged and not self.frozen

    @property
    def leads(self) -> bool:
        """Frozen or not: one that thaws goes on where it was."""
        return self.power and self.plugged and self.running and not self.following


@dataclass
class Databases:
    """All hosts, with the link between the sites: `cut` names the sites to which nothing arrives."""

    hosts: Mapping[tuple[SiteRole, str], Host]
    cut: set[SiteRole] = field(default_factory=set)
    splits: list[str] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def other(self, host: Host) -> Host:
        (found,) = [one for one in self.hosts.values() if one.service == host.service and one is not host]
        return found

    def connected(self, one: SiteRole, other: SiteRole) -> bool:
        """A connection needs both ways."""
        return one is other or not self.cut

    def streams(self, follower: Host) -> bool:
        leader = self.other(follower)
        there = leader.answers and follower.answers and self.connected(leader.role, follower.role)
        roles = follower.running and follower.following and leader.leads and follower.slot in leader.slots
        return there and roles and leader.log[: len(follower.log)] == follower.log

    def ship(self, leader: Host) -> None:
        follower = self.other(leader)
        if self.streams(follower):
            follower.log, follower.timeline = list(leader.log), leader.timeline

    def commit(self, at: SiteRole, service: str, token: str) -> bool:
        """By an application at that site, which finds the one that takes writes. What was committed before is shipped,
        and this very record is not yet: replication is behind."""
        with self.lock:
            for role in (at, *(one for one in SiteRole if one is not at)):
                host = self.hosts.get((role, service))
                if host and host.answers and self.connected(at, role) and host.leads:
                    self.ship(host)
                    host.log.append(token)
                    return True
            return False

    def kept(self, service: str) -> frozenset[str] | None:
        """What is there now, where somebody leads."""
        with self.lock:
            leaders = [one for one in self.hosts.values() if one.service == service and one.leads and one.answers]
            return frozenset(leaders[0].log) if leaders else None

    def boot(self, host: Host) -> None:
        """It starts as its files say; as a leader that had a follower only where that one says that it follows."""
        other = self.other(host)
        asked = self.connected(host.role, other.role) and other.answers and other.running and other.following
        host.wants = not (host.signal or not host.slots or asked)
        if not host.wants:
            host.running, host.following, host.clean = True, host.signal, False
        self.look()

    def look(self) -> None:
        """Whoever leads beside another is found at the moment at which it begins."""
        for host in self.hosts.values():
            other = self.other(host)
            if host.role is SiteRole.DATACENTRE and host.leads and other.leads:
                self.splits.append(host.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCluster(Cluster):
    """The hands of a step on one host."""

    host: Host
    world: Databases

    def _asked(self) -> Host:
        if not self.host.answers:
            raise Failed(self.name, "its host does not answer", "Look at its server.")
        time.sleep(self.host.slow_s)
        if self.host.wants:
            self.world.boot(self.host)
        return self.host

    def _served(self) -> Host:
        host = self._asked()
        if not host.running:
            raise Declined(self.name, "psql", 2, "connection to server failed")
        return host

    def state(self) -> State:
        with self.world.lock:
            host = self._asked()
            other = self.world.other(host)
            streaming = host.leads and self.world.streams(other)
            stopped = max((n for n, one in enumerate(host.log) if one == _CHECKPOINT), default=0)
            return State(
                running=host.running,
                follows=host.following if host.running else host.signal,
                system=SYSTEM,
                timeline=host.timeline,
                at=len(host.log) if host.running else stopped,
                clean=host.clean,
                streaming=self.world.streams(host),
                conninfo=host.upstream,
                followers=(Follower(slot=other.slot, streaming=True, at=len(other.log)),) if streaming else (),
            )

    def promote(self, within_s: int) -> str:
        del within_s
        with self.world.lock:
            host = self._served()
            if host.following:
                host.following, host.signal, host.timeline = False, False, host.timeline + 1
                self.world.look()
            host.log.append(f"{_PROMOTION} {host.timeline}")
            return str(host.timeline)

    def promoted(self) -> bool:
        with self.world.lock:
            return self.state().writable and f"{_PROMOTION} {self.host.timeline}" in self.host.log

    def stop(self) -> None:
        with self.world.lock:
            host = self._asked()
            host.wants = False
            if host.running and not host.following:
                host.log.append(_CHECKPOINT)
                self.world.ship(host)
            if host.running:
                host.running, host.clean = False, True

    def start(self) -> None:
        with self.world.lock:
            if not self._asked().running:
                self.world.boot(self.host)

    def settle(self) -> None:
        self._served()

    def slot(self, name: str) -> None:
        self._served().slots.add(name)

    def forget_slots(self) -> None:
        with self.world.lock:
            host = self._served()
            other = self.world.other(host)
            host.slots &= {other.slot} if self.world.streams(other) else set()

    def way_to(self, leader: Cluster, conninfo: str) -> str:
        del conninfo
        return leader.address

    def conninfo(self) -> str:
        return self._asked().upstream or SiteRole.DATACENTRE.value

    def follow(self, conninfo: str, slot: str) -> None:
        host = self._asked()
        host.upstream, host.slot, host.signal = conninfo, slot, True

    def lead_again(self) -> None:
        self._asked().signal = False

    def rewind(self, conninfo: str) -> None:
        self._copied("pg_rewind", conninfo)

    def rebuild(self, conninfo: str, slot: str) -> None:
        self._copied("pg_basebackup", conninfo)
        self.host.slot = slot

    def _copied(self, program: str, conninfo: str) -> None:
        with self.world.lock:
            host = self._asked()
            leader = self.world.hosts[SiteRole(conninfo), host.service]
            if host.running or not (leader.leads and leader.answers and self.world.connected(leader.role, host.role)):
                raise Declined(self.name, program, 1, "the leader is not to be reached, or the data are in use")
            host.diverged += [one for one in host.log if one not in leader.log]
            host.log, host.timeline, host.signal, host.clean = list(leader.log), leader.timeline, True, True


def cluster(world: Databases, host: Host) -> PaperCluster:
    return PaperCluster(
        name=f"{host.service}-db ({host.role.value})", address=host.role.value, shell=Here(), host=host, world=world
    )
