"""Scenes for the steps of drills: the twins, and hands that remember what they did."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from city.errors import Failed
from city.model.places import SiteRole
from drs.compared import Sites
from drs.expected import Standing, in_the_cloud
from drs.hands.cloud import Power, Record
from drs.hands.copies import Copy
from drs.hands.files import FilesOf, Wanted
from drs.hands.outside import Answered, NameServer
from drs.mode import Mode
from drs.names import doors
from drs.postgres.cluster import Cluster
from drs.postgres.rows import Rows
from drs.rehearsal.told import Told
from drs.scene import Scene
from tests.drs.twins import DATACENTRE, NOW, RECOVERY, TTL_S, twins

BOTH = (DATACENTRE, RECOVERY)


@dataclass
class FakeCloud:
    """A cloud whose API answers, or does not (`gone`)."""

    records: dict[str, Record] = field(default_factory=dict)
    powers: tuple[Power, ...] = (Power(server="portal-db", off=False, unplugged=False),)
    gone: bool = False
    done: list[str] = field(default_factory=list)

    def _asked(self) -> None:
        if self.gone:
            raise Failed("the cloud of datacentre", "nothing listens at its address", "Look at Keystone.")

    def power(self, _service: str) -> tuple[Power, ...]:
        self._asked()
        return self.powers

    def shut(self, service: str) -> None:
        self._asked()
        self.done.append(f"shut {service}")
        self.powers = tuple(Power(server=one.server, off=True, unplugged=True) for one in self.powers)

    def release(self, service: str) -> None:
        self._asked()
        self.done.append(f"release {service}")
        self.powers = tuple(Power(server=one.server, off=False, unplugged=False) for one in self.powers)

    def record(self, fqdn: str) -> Record | None:
        self._asked()
        return self.records.get(fqdn)

    def lead(self, fqdn: str, record: Record) -> None:
        self._asked()
        self.records[fqdn] = record


@dataclass
class FakeStreet:
    """Every name server says what its site's cloud has, unless it is gone; `kept` is what resolvers remember.

    Writes are taken at the addresses of `takes`."""

    clouds: Mapping[SiteRole, FakeCloud]
    kept: dict[SiteRole, Record] = field(default_factory=dict)
    takes: set[str] = field(default_factory=set)
    deaf: bool = False

    def mark(self, *_: object) -> None:
        """Nobody writes marks here."""

    def tokens(self, _fqdn: str, _port: int) -> frozenset[str]:
        return frozenset()

    def ask(self, fqdn: str) -> tuple[Answered, ...]:
        return tuple(self._said(NameServer(role=role, resolver=kind), fqdn) for role in BOTH for kind in (False, True))

    def _said(self, server: NameServer, fqdn: str) -> Answered:
        cloud = self.clouds[server.role]
        if cloud.gone or self.deaf:
            return Answered(server=server, addresses=None, reason="timed out")
        if fqdn not in cloud.records:
            return Answered(server=server, addresses=())
        record = cloud.records[fqdn]
        if server.resolver:
            record = self.kept.get(server.role, record)
        return Answered(server=server, addresses=record.addresses, ttl_s=record.ttl_s)

    def write(self, fqdn: str, _port: int, address: str = "") -> str:
        at = address or next(one.addresses[0] for one in self.ask(fqdn) if one.addresses and one.server.resolver)
        if at not in self.takes:
            raise Failed(fqdn, f"it takes no write at {at}", "Look at the service.")
        return f"it took a write at {at}"


@dataclass
class FakeCapacity:
    """Remembers what was asked for; nothing of it is ever seen."""

    done: list[str] = field(default_factory=list)
    left: tuple[str, ...] = ()

    def open(self, service: str, _wanted: Standing) -> None:
        self.done.append(f"open {service}")

    def close(self, service: str) -> None:
        self.done.append(f"close {service}")
        self.left = ()

    def opened(self, _service: str) -> tuple[str, ...]:
        return self.left


@dataclass
class FakePosts:
    """`deaf` says by server why it cannot be told; `knows` are those that were told."""

    deaf: dict[str, str] = field(default_factory=dict)
    knows: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    services: frozenset[str] = frozenset()

    def tell(self, service: str, servers: Collection[str]) -> dict[str, str]:
        fresh = set(servers) - set(self.deaf) - self.knows if service in self.services else set()
        self.told += sorted(fresh)
        self.knows |= fresh
        return self.untold(service, servers)

    def untold(self, service: str, servers: Collection[str]) -> dict[str, str]:
        left = [one for one in servers if one not in self.knows] if service in self.services else []
        return {one: self.deaf.get(one, "nobody told it anything yet") for one in left}


@dataclass
class FakeCopies:
    """One copy, of whichever service; `says` is what its console tells once it runs."""

    copy: Copy = field(default_factory=Copy)
    says: Told | None = None
    short: str = ""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    done: list[str] = field(default_factory=list)

    def lacking(self, _service: str) -> str:
        return self.short

    def standing(self, _service: str) -> Copy:
        return self.copy

    def isolate(self, service: str) -> None:
        self.done.append(f"isolate {service}")
        self.copy = replace(self.copy, network=True, left=("network",))

    def take(self, service: str, count: Callable[[], Rows]) -> None:
        self.done.append(f"take {service}")
        before, after = count(), count()
        rows = {table: (before[table], after[table]) for table in after}
        self.copy = replace(self.copy, data=True, rows=rows, left=("volume", "network"))

    def start(self, service: str) -> None:
        self.done.append(f"start {service}")
        self.copy = replace(self.copy, server=True, left=("server", "volume", "network"))

    def told(self, _service: str) -> Told | None:
        return self.says if self.copy.server else None

    def remove(self, service: str) -> None:
        self.done.append(f"remove {service}")
        self.copy = Copy()

    def stop(self, service: str) -> None:
        self.done.append(f"stop {service}")
        self.copy = replace(self.copy, server=False)

    def forget(self, service: str) -> None:
        self.done.append(f"forget {service}")
        self.copy = replace(self.copy, server=False, data=False, rows={})


@dataclass
class FakeFiles:
    """Of one server at a site. `gone` answers nobody; `state` tells what its files are."""

    server: str
    serves: bool
    brought: datetime | None = None
    done: list[str] = field(default_factory=list)
    gone: bool = False
    pushed: datetime | None = None
    state: str = "as it was"
    staged: str = ""
    staged_at: datetime | None = None
    runs: bool = True

    def told(self) -> tuple[FilesOf, ...]:
        if self.gone:
            raise Failed(self.server, "it does not answer", "Look at it.")
        found = FilesOf(server=self.server, serves=self.serves, brought=self.brought, files=2)
        found = replace(found, staged=self.staged, staged_at=self.staged_at, runs=self.runs)
        if self.pushed:
            found = replace(found, pushed=self.pushed, copy="46c10b47", fingerprint=self.state)
        return (found,)

    def _did(self, what: str, *, serves: bool) -> tuple[FilesOf, ...]:
        self.told()
        self.done.append(what)
        self.serves = serves
        return self.told()

    def push(self) -> tuple[FilesOf, ...]:
        self.pushed = datetime.now(UTC)
        return self._did("push", serves=self.serves)

    def leave(self, staged: Mapping[str, str]) -> tuple[FilesOf, ...]:
        self.pushed, self.runs = datetime.now(UTC), False
        return self._did(f"leave {staged.get(self.server, '')}".strip(), serves=False)

    def wait(self) -> tuple[FilesOf, ...]:
        self.runs = True
        return self._did("wait", serves=False)

    def keep(self) -> tuple[FilesOf, ...]:
        return self._did("keep", serves=True)

    def back(self) -> tuple[FilesOf, ...]:
        self.brought = None
        return self._did("back", serves=False)

    def stage(self, copies: Mapping[str, Wanted]) -> tuple[FilesOf, ...]:
        wanted = copies[self.server]
        self.staged, self.staged_at = wanted.fingerprint, datetime.now(UTC)
        return self._did(f"stage {wanted.copy}", serves=self.serves)

    def bring(self, point: datetime | None, copies: Mapping[str, Wanted] | None) -> tuple[FilesOf, ...]:
        if copies is not None and self.server not in copies:
            return self.keep()
        self.brought = point or NOW
        wanted = Wanted(copy=point.isoformat()) if point else (copies or {}).get(self.server, Wanted())
        return self._did(f"bring {wanted.copy} {wanted.fingerprint}".strip(), serves=True)


@dataclass
class FakeGround:
    """`silent` says what the other site finds at a database; `clusters` are real ones, where a test has them."""

    sites: Sites
    clouds: dict[SiteRole, FakeCloud] = field(default_factory=lambda: {role: FakeCloud() for role in BOTH})
    clusters: Mapping[SiteRole, Cluster] = field(default_factory=dict)
    silent: str = "nobody answers there"
    copies: FakeCopies = field(default_factory=FakeCopies)
    kept: dict[SiteRole, FakeFiles] = field(
        default_factory=lambda: {role: FakeFiles(server="portal-1", serves=role is DATACENTRE) for role in BOTH}
    )
    capacity: FakeCapacity = field(default_factory=FakeCapacity)
    posts: FakePosts = field(default_factory=FakePosts)
    answers: dict[str, Exception | str] = field(default_factory=dict)
    """What comes of asking a service what its probe asks; of any other that it answered."""
    outside: FakeStreet = field(init=False)

    def __post_init__(self) -> None:
        self.outside = FakeStreet(clouds=self.clouds)
        for role, sites in ((RECOVERY, self.sites), (DATACENTRE, self.sites.turned)):
            for door in doors(sites).values():
                self.clouds[role].records[door.fqdn] = Record(addresses=(door.address,), ttl_s=TTL_S)

    def cloud(self, role: SiteRole) -> FakeCloud:
        return self.clouds[role]

    def cluster(self, role: SiteRole, service: str) -> Cluster:
        if role not in self.clusters:
            raise Failed(f"{service}-db ({role.value})", "no host of it answers", "Look at its server.")
        return self.clusters[role]

    def kept_at(self) -> str:
        return "in the folder of a test"

    def files(self, role: SiteRole, _service: str) -> FakeFiles:
        return self.kept[role]

    def reaches(self, _vantage: SiteRole, _role: SiteRole, _service: str) -> str:
        return self.silent

    def serves(self, service: str) -> str:
        told = self.answers.get(service, f"{service} answered")
        if isinstance(told, Exception):
            raise told
        return told

    def open_lines(self, _role: SiteRole, _service: str) -> bool:
        return True


def scene(
    sites: Sites | None = None, service: str = "", mode: Mode = Mode.FAILOVER, ground: FakeGround | None = None
) -> Scene:
    """Of a drill about every service."""
    seen = sites or twins()
    return Scene(
        mode=mode,
        service=service,
        services=frozenset(in_the_cloud(seen.city)),
        look=lambda: seen,
        ground=ground or FakeGround(seen),
    )
