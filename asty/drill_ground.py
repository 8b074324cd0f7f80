"""All that the steps of a drill act with, of one workspace: its clouds, the hosts in them, and the street."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

from asty.drill_cloud import OpenStackCloud
from asty.drill_street import Street
from city.errors import Failed
from city.model.city import City
from city.model.places import SiteRole
from drs.hands.shell import Declined
from drs.postgres.cluster import Cluster
from drs.postgres.place import Place
from infra.blocks import block_of
from infra.hosts.access import Access
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, hosts
from infra.hosts.session import session, words
from infra.reach import connection
from infra.stacks import Program, Stack, stacks

_REJECTS, _SILENT = 1, 2
"""What pg_isready ends with: it is starting, nobody answers."""


def database_server(service: str) -> str:
    return f"{service}-db"


@dataclass(slots=True, kw_only=True)
class HostShell:
    """A host by SSH, looked for at its cloud once: the cloud may be gone later, and the host be there."""

    service: str
    site: str
    stack: Stack
    clouds: Path
    access: Access
    _found: Host | None = None

    def run(self, command: Sequence[str]) -> str:
        host = self._host()
        with session(host, self.access) as line:
            ran = line.run(words(command))
        if ran.exit:
            raise Declined(str(host), command[0], ran.exit, (ran.stderr or ran.stdout).strip())
        return ran.stdout

    def _host(self) -> Host:
        if self._found is None:
            told = hosts(self.site, partial(connection, self.stack, self.clouds), self.service)
            wanted = database_server(self.service)
            self._found = next((one for one in told if isinstance(one, Host) and one.name == wanted), None)
            if self._found is None:
                raise Failed(f"{wanted} ({self.site})", _why(told, wanted), "Look at its server.")
        return self._found


def _why(told: Sequence[Host | Unreached], wanted: str) -> str:
    of_it = [one for one in told if isinstance(one, Unreached) and (one.lost or one.name.startswith(wanted))]
    return of_it[0].reason if of_it else "its cloud has no such server"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityGround:
    """Of the city's sites as `clouds` reaches them; operators come to hosts by `access`."""

    city: City
    clouds: Path
    access: Access
    outside: Street
    _shells: dict[tuple[SiteRole, str], HostShell] = field(default_factory=dict)

    def cloud(self, role: SiteRole) -> OpenStackCloud:
        stack = self._stack(role)
        return OpenStackCloud(
            site=stack.site, connect=partial(connection, stack, self.clouds), database=database_server
        )

    def cluster(self, role: SiteRole, service: str) -> Cluster:
        shell = self._shell(role, service)
        name = f"{database_server(service)} ({shell.site})"
        return Cluster(name=name, address=str(self.address(role, service)), shell=shell)

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

    def _shell(self, role: SiteRole, service: str) -> HostShell:
        stack = self._stack(role)
        return self._shells.setdefault(
            (role, service),
            HostShell(service=service, site=stack.site, stack=stack, clouds=self.clouds, access=self.access),
        )

    def _stack(self, role: SiteRole) -> Stack:
        return next(one for one in stacks(self.city) if one.program is Program.WORKLOADS and one.role is role)
