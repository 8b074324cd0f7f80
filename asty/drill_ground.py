"""All that the steps of a drill act with, of one workspace: its clouds, the hosts in them, and the street."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from threading import Lock
from typing import Protocol

from openstack.connection import Connection
from openstack.dns.v2.zone import Zone

from asty.designate_names import DesignateNames
from asty.drill_cloud import OpenStackCloud
from asty.drill_files import HostFiles
from asty.drill_hosts import ServiceHosts
from asty.drill_line import Line
from asty.drill_posts import HostPosts
from asty.drill_street import Street
from asty.opened_services import OpenStackCapacity
from asty.rehearsal_copies import OpenStackCopies
from asty.telling import Teller
from asty.updated_names import UpdatedNames
from city.errors import AstyError, NeedsPerson
from city.model.city import City
from city.model.places import SiteRole
from city.model.vaults import keeps_files, vault
from drs.drill.custodian import Custodian
from drs.hands.shell import Declined
from drs.postgres.cluster import Cluster
from drs.postgres.place import Place
from infra.blocks import block_of
from infra.hosts.access import Access
from infra.hosts.host import Host
from infra.hosts.of_cloud import hosts
from infra.reach import connection
from infra.stacks import Program, Stack, stacks

_FILES_WITHIN_S = 1800.0
_REJECTS, _SILENT = 1, 2
"""What pg_isready ends with: it is starting, nobody answers."""


class Asker(Protocol):
    """Whoever asks each service what its probe asks, while a drill goes on (asty.drill_looks)."""

    def ask(self, service: str) -> str:
        """As Ground.serves."""
        ...


def database_server(service: str) -> str:
    return f"{service}-db"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShell:
    """The host with a service's database, as `hosts` know it."""

    hosts: ServiceHosts
    line: Callable[[Host], Line]

    def run(self, command: Sequence[str]) -> str:
        host = self.hosts.data()
        ran = self.line(host).run(command)
        if ran.exit:
            raise Declined(str(host), command[0], ran.exit, (ran.stderr or ran.stdout).strip())
        return ran.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class CityGround:
    """Of the city's sites as `clouds` reaches them; operators come to hosts by `access`. `drill` is which one it is
    for, empty where for none."""

    city: City
    clouds: Path
    access: Access
    outside: Street
    drill: str = ""
    custodian: Custodian | None = None
    """Who keeps the drills at the recovery site; None where nobody does."""
    asker: Asker | None = None
    """Who asks each service what its probe asks; None where nobody does."""
    teller: Teller | None = None
    """Who tells hosts what the city is; None where nothing runs behind the servers."""
    _hosts: dict[tuple[SiteRole, str], ServiceHosts] = field(default_factory=dict)
    _lines: dict[Host, Line] = field(default_factory=dict)
    _clouds: dict[SiteRole, Connection] = field(default_factory=dict)
    _zones: dict[SiteRole, dict[str, Zone]] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def cloud(self, role: SiteRole) -> OpenStackCloud:
        stack, updates = self._stack(role), self.city.site_of(role).name_updates
        connect = partial(self._connected, role)
        designate = DesignateNames(site=stack.site, connect=connect, zones=self._zones.setdefault(role, {}))
        names = designate if updates is None else UpdatedNames(site=stack.site, updates=updates)
        return OpenStackCloud(site=stack.site, connect=connect, database=database_server, names=names)

    @property
    def capacity(self) -> OpenStackCapacity:
        """At the recovery site, whichever site the drill leaves."""
        connect = partial(self._connected, SiteRole.RECOVERY)
        return OpenStackCapacity(city=self.city, drill=self.drill, connect=connect, turn=self._turn)

    @property
    def posts(self) -> HostPosts:
        """At the recovery site, as `capacity`."""
        site, connect = self._stack(SiteRole.RECOVERY).site, partial(self._connected, SiteRole.RECOVERY)
        return HostPosts(teller=self.teller, find=partial(hosts, site, connect))

    @property
    def copies(self) -> OpenStackCopies:
        """At the recovery site, whichever site the drill leaves."""
        site, connect = self._stack(SiteRole.RECOVERY).site, partial(self._connected, SiteRole.RECOVERY)
        return OpenStackCopies(city=self.city, site=site, drill=self.drill, connect=connect, database=database_server)

    def serves(self, service: str) -> str:
        if self.asker is None:
            raise NeedsPerson(service, "nobody asks it what its probe asks", "Open it yourself, by its name.")
        return self.asker.ask(service)

    def cluster(self, role: SiteRole, service: str) -> Cluster:
        shell = self._shell(role, service)
        name = f"{database_server(service)} ({shell.hosts.site})"
        return Cluster(name=name, address=str(self.address(role, service)), shell=shell)

    def kept_at(self) -> str:
        if self.custodian is None:
            return "its journal lies in the folder of the workspace: no host runs that could keep it"
        self.custodian.drills()
        return f"each line is on the disk of {self.custodian.line.host} before anything goes on"

    def reaches(self, vantage: SiteRole, role: SiteRole, service: str) -> str:
        """By pg_isready(1), from the other database's host, for that one alone may come to it."""
        where = ("-h", str(self.address(role, service)), "-p", str(Place().port), "-t", "3")
        try:
            self._shell(vantage, service).run(Place().program("pg_isready", "-q", *where))
        except Declined as error:
            if error.code == _SILENT:
                return "nobody answers there"
            if error.code == _REJECTS:
                return ""
            raise
        return ""

    def address(self, role: SiteRole, service: str) -> IPv4Address:
        """The last of the service's block: nothing has to be asked for it."""
        return block_of(self.city, self.city.site_of(role), self.city.service(service)).cidr[-1]

    def files(self, role: SiteRole, service: str) -> HostFiles:
        patient = replace(self.access, bounds=replace(self.access.bounds, run_s=_FILES_WITHIN_S))
        found = self._of(role, service)
        return HostFiles(service=service, site=found.site, find=found.members, line=partial(self._line, patient))

    def open_lines(self, role: SiteRole, service: str) -> bool:
        """Have a session with each host of the service at that site with which its steps talk; whether all let us
        in. Raises nothing of a cloud's or a host's."""
        declared, found, files = self.city.service(service), self._of(role, service), self.files(role, service)
        try:
            if declared.database:
                self._line(self.access, found.data()).open()
            members = files.find() if keeps_files(declared) and vault(self.city) else ()
            hosts = [one for one in members if isinstance(one, Host)]
            for host in hosts:
                files.line(host).open()
        except AstyError:
            return False
        return len(hosts) == len(members)

    def _connected(self, role: SiteRole) -> Connection:
        """One for all: to sign in takes longer than most questions do, and what was opened keeps a line to each service
        until the drill is over. Its token is asked for anew by itself."""
        if role not in self._clouds:
            self._clouds.setdefault(role, connection(self._stack(role), self.clouds))
        return self._clouds[role]

    def _shell(self, role: SiteRole, service: str) -> HostShell:
        return HostShell(hosts=self._of(role, service), line=partial(self._line, self.access))

    def _of(self, role: SiteRole, service: str) -> ServiceHosts:
        site = self._stack(role).site
        found = ServiceHosts(
            site=site,
            database=database_server(service),
            ask=lambda: hosts(site, partial(self._connected, role), service),
        )
        return self._hosts.setdefault((role, service), found)

    def _line(self, access: Access, host: Host) -> Line:
        """One for all steps of the drill."""
        return self._lines.setdefault(host, Line(host=host, access=access))

    def _stack(self, role: SiteRole) -> Stack:
        return next(one for one in stacks(self.city) if one.program is Program.WORKLOADS and one.role is role)
