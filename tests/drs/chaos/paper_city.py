"""A city on paper in which a drill goes on while things break: clouds, names, databases, residents who write."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from city.errors import AstyError, Failed
from city.model.places import SiteRole
from drs.chaos.arena import Killed
from drs.chaos.draw import MODES, Strike, draw
from drs.chaos.experiment import Experiment, Found
from drs.chaos.fault import Fault
from drs.compared import Sites
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Measured
from drs.drill.journal import Journal
from drs.drill.memory import Memory
from drs.drill.of_city import StepHands, plan_of
from drs.drill.plan import Plan
from drs.hands.cloud import Power, Record
from drs.hands.outside import Answered, NameServer
from drs.mode import Mode
from drs.names import doors
from drs.outside.marker import Try
from drs.outside.measured import downtime, loss
from drs.postgres import pair
from tests.drs.chaos.paper_postgres import Databases, Host, PaperCluster, cluster
from tests.drs.scenes import BOTH, FakeCloud, FakeGround, FakeStreet
from tests.drs.twins import DATACENTRE, RECOVERY, TTL_S, twins

SERVICES = ("identity", "portal")
QUICK = Pace(pause=timedelta(milliseconds=5), listen=timedelta(milliseconds=5))
_SPEED, _CALM_SPEED, _CALM_PATIENCE_S = 200.0, 30.0, 5.0
"""How many seconds of the drill pass in one of the test: while the fault stands, a step that may take a minute has
0.3 s; afterwards it has time enough, on however busy a machine."""


@dataclass
class Fast:
    """A clock that runs fast; `off_s` is by how much somebody has moved it."""

    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    since: float = field(default_factory=time.monotonic)
    speed: float = _SPEED
    off_s: float = 0.0

    def now(self) -> datetime:
        return self._unmoved() + timedelta(seconds=self.off_s)

    def calm(self) -> None:
        self.begun, self.since, self.speed = self._unmoved(), time.monotonic(), _CALM_SPEED

    def _unmoved(self) -> datetime:
        return self.begun + timedelta(seconds=(time.monotonic() - self.since) * self.speed)


@dataclass
class PaperCloud(FakeCloud):
    """`refuses` names its services that answer 503."""

    role: SiteRole = DATACENTRE
    databases: Databases = field(default_factory=lambda: Databases(hosts={}))
    refuses: set[str] = field(default_factory=set)

    def _by(self, *services: str) -> None:
        if silent := self.refuses & {"keystone", *services}:
            raise Failed(f"the cloud of {self.role.value}", f"{min(silent)} answers 503", "Look at it.")

    def _host(self, service: str) -> Host:
        return self.databases.hosts[self.role, service]

    def power(self, service: str) -> tuple[Power, ...]:
        self._by("nova", "neutron")
        host = self._host(service)
        return (Power(server=f"{service}-db", off=not host.power, unplugged=not host.plugged),)

    def shut(self, service: str) -> None:
        self._by("neutron")
        host = self._host(service)
        host.plugged = False
        self._by("nova")
        with self.databases.lock:
            host.power = host.running = host.frozen = host.clean = False

    def release(self, service: str) -> None:
        self._by("neutron")
        with self.databases.lock:
            host = self._host(service)
            host.plugged = True
            self._by("nova")
            if not host.power:
                host.power = True
                self.databases.boot(host)
            self.databases.look()

    def record(self, fqdn: str) -> Record | None:
        self._by("designate")
        return self.records.get(fqdn)

    def lead(self, fqdn: str, record: Record) -> None:
        self._by("designate")
        self.records[fqdn] = record


@dataclass
class PaperStreet(FakeStreet):
    """A service takes a write where its name leads, if a database that takes it can be reached from there."""

    databases: Databases = field(default_factory=lambda: Databases(hosts={}))
    entrances: Mapping[str, tuple[SiteRole, str]] = field(default_factory=dict)
    """By address: the site and the service."""
    refuses: set[SiteRole] = field(default_factory=set)
    names: Mapping[str, str] = field(default_factory=dict)
    tries: dict[str, list[Try]] = field(default_factory=dict)

    def _said(self, server: NameServer, fqdn: str) -> Answered:
        if server.resolver and server.role in self.refuses:
            return Answered(server=server, addresses=None, reason="it refuses")
        return super()._said(server, fqdn)

    def write(self, fqdn: str, _port: int, address: str = "") -> str:
        known = [one.addresses[0] for one in self.ask(fqdn) if one.addresses and one.server.resolver]
        if not (at := address or next(iter(known), "")):
            raise Failed(fqdn, "nobody knows an address of it", "Look at the resolvers.")
        begun, token = time.monotonic(), f"mark-{time.monotonic_ns()}"
        with self.databases.lock:  # whoever measures waits until the answer has come
            taken = self.databases.commit(*self.entrances[at], token)
            made = Try(at=begun, until=time.monotonic(), token=token, taken=taken, address=at)
            self.tries.setdefault(self.entrances[at][1], []).append(made)
        if not taken:
            raise Failed(fqdn, f"it takes no write at {at}", "Look at the service.")
        return f"it took a write at {at}"

    @contextmanager
    def residents(self) -> Iterator[None]:
        """They write all the time, by name."""
        over = Event()

        def write() -> None:
            while not over.is_set():
                for fqdn in self.names:
                    with suppress(AstyError):
                        self.write(fqdn, 443)
                over.wait(0.002)

        writer = Thread(target=write, name="residents", daemon=True)
        writer.start()
        yield
        over.set()
        writer.join()


class PaperGround(FakeGround):
    def __init__(self, sites: Sites, mode: Mode) -> None:
        self.databases = Databases(hosts={(role, name): _host(mode, role, name) for role in BOTH for name in SERVICES})
        clouds = {role: PaperCloud(role=role, databases=self.databases) for role in BOTH}
        self.paper = clouds
        super().__init__(sites, clouds={**clouds})
        by_role = {RECOVERY: doors(sites), DATACENTRE: doors(sites.turned)}
        leads = mode.there
        for found in by_role.values():
            for name, door in found.items():
                away = leads is RECOVERY and name in SERVICES
                for role in BOTH if away else ():
                    address = by_role[RECOVERY][name].address
                    clouds[role].records[door.fqdn] = Record(addresses=(address,), ttl_s=TTL_S)
        self.street = PaperStreet(
            clouds=self.clouds,
            databases=self.databases,
            entrances={door.address: (role, name) for role, found in by_role.items() for name, door in found.items()},
            names={by_role[RECOVERY][name].fqdn: name for name in SERVICES},
        )
        self.outside = self.street

    def cluster(self, role: SiteRole, service: str) -> PaperCluster:
        return cluster(self.databases, self.databases.hosts[role, service])

    def kept_at(self) -> str:
        return "on paper"

    def reaches(self, vantage: SiteRole, role: SiteRole, service: str) -> str:
        own, host = self.databases.hosts[vantage, service], self.databases.hosts[role, service]
        if not own.answers:
            raise Failed(f"{service}-db ({vantage.value})", "its host does not answer", "Look at its server.")
        there = host.answers and host.running and self.databases.connected(vantage, role)
        return "" if there else "nobody answers there"


def _host(mode: Mode, role: SiteRole, service: str) -> Host:
    """Before a drill of this mode: one leads, and the other streams from it."""
    if role is mode.there:
        return Host(role=role, service=service, slots={mode.here.value})
    return Host(
        role=role, service=service, signal=True, following=True, upstream=mode.there.value, slot=mode.here.value
    )


def sites() -> Sites:
    found = twins()
    services = (replace(one, database=one.id if one.id in SERVICES else "") for one in found.city.services)
    return replace(found, city=replace(found.city, services=tuple(services)))


@dataclass(kw_only=True)
class PaperArena:
    """`able` says whether a fault can befall it: all can."""

    folder: Path
    mode: Mode
    ground: PaperGround = field(init=False)
    plan: Plan = field(init=False)
    people: Fast = field(default_factory=Fast)
    clock: Fast = field(init=False)
    conducted: int = 0

    def __post_init__(self) -> None:
        self.ground = PaperGround(sites(), self.mode)
        self.plan = plan_of(self.ground.sites.city, self.mode, SERVICES)
        self.clock = replace(self.people)

    def able(self, _fault: Fault) -> bool:
        return True

    def conduct(self, by: str, heard: Any) -> None:  # noqa: ANN401 - as the Protocol has it
        if self.conducted:
            self._calm()
        self.conducted += 1
        conductor = Conductor(
            journal=Journal(self.folder / "journal.jsonl", self.plan, Memory(self.folder / "memory")),
            hands=StepHands.of(self.ground.sites.city, self.plan, lambda: self.ground.sites, self.ground),
            clock=self.clock,
            by=by,
            report=heard,
            pace=QUICK,
            measure=lambda: self._measured(by),
        )
        with suppress(Killed):
            conductor.open("chaos")
            conductor.conduct()

    def _measured(self, by: str) -> Iterator[Measured]:
        for service in SERVICES:
            with self.ground.databases.lock:
                tries, kept = list(self.ground.street.tries[service]), self.ground.databases.kept(service)
            down = downtime(tries)
            lost = loss(tries, kept) if kept is not None else None
            yield Measured(
                at=self.clock.now(),
                by=by,
                service=service,
                downtime_s=down.at_most.total_seconds() if down else None,
                acknowledged=lost.promised if lost else None,
                lost=lost.records if lost else None,
                lost_s=lost.span.total_seconds() if lost else None,
                how="residents on paper wrote by name",
            )

    def journal(self) -> Journal:
        journal = Journal(self.folder / "journal.jsonl", self.plan, Memory(self.folder / "memory"))
        journal.refresh()
        return journal

    def befall(self, strike: Strike) -> None:
        self._change(strike, standing=True)

    def clear(self, strike: Strike) -> None:
        self._change(strike, standing=False)
        self._calm()

    def _calm(self) -> None:
        """From now on nothing breaks any more."""
        pair.PATIENCE_S = _CALM_PATIENCE_S
        self.people.calm()
        self.clock.calm()

    def _change(self, strike: Strike, *, standing: bool) -> None:
        databases, role = self.ground.databases, strike.role
        host = databases.hosts.get((role, strike.service))
        with databases.lock:
            match strike.fault.kind:
                case "freeze" if host:
                    host.frozen = standing and host.power
                case "slow-disk" if host:
                    host.slow_s = 0.01 if standing else 0.0
                case "process-killed" if host and standing:
                    host.running = False
                case "process-killed" if host and host.power and not host.running:
                    databases.boot(host)
                case "off":
                    databases.cut = {role} if standing else set()
                case "dns-refuses":
                    self.ground.street.refuses = {role} if standing else set()
                case "api-503":
                    self.ground.paper[role].refuses = {str(strike.options["service"])} if standing else set()
                case "clock-jumped":
                    self.clock.off_s = float(str(strike.options["seconds"])) if standing else 0.0
            databases.look()

    def writable(self, service: str, role: SiteRole) -> bool | None:
        host = self.ground.databases.hosts[role, service]
        return host.leads if host.answers else None

    def lost(self, service: str) -> int | None:
        with self.ground.databases.lock:
            kept = self.ground.databases.kept(service)
            promised = {one.token for one in self.ground.street.tries[service] if one.taken}
        return None if kept is None else len(promised - kept)


EVERY = (*MODES, Mode.FAILBACK)


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds between hosts takes milliseconds on paper."""
    monkeypatch.setattr(pair, "PATIENCE_S", 0.05)
    monkeypatch.setattr(pair, "_LOOKS_EVERY_S", 0.002)


def experiment(
    folder: Path, seed: int, mode: Mode, at: str = "", fault: str = ""
) -> tuple[PaperArena, Found, list[str]]:
    """A drill of this mode on paper while residents write, and what was said."""
    arena, said = PaperArena(folder=folder, mode=mode), list[str]()
    made = Experiment(
        arena=arena,
        plan=arena.plan,
        strike=draw(seed, arena.plan, arena.able, at, fault),
        lasts_s=0.05 + seed % 5 * 0.1,
        watch_s=0.002,
        report=said.append,
        clock=arena.people,
    )
    with arena.ground.street.residents():
        found = made.run()
    return arena, found, said
