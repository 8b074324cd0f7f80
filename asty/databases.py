"""The hosts of databases, asked over SSH what they say of themselves; one that does not answer holds up no other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from asty import host_file, lab_access
from asty.workspace import Workspace
from city.model.city import City
from city.model.places import SiteRole
from drs import points
from drs.databases import FILE, AskedDatabase, read
from drs.observed import Unseen
from drs.points import AskedPoints
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, named
from infra.placement import database_host, standing_at
from infra.reach import in_passing
from infra.stacks import Program, Stack, stacks

_BOUNDS = Bounds(connect_s=10, run_s=10, output=1024 * 1024)
_AT_ONCE = 16
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHosts:
    """Those of a city, as the clouds of the file `clouds` record them and `access` reaches them."""

    city: City
    clouds: Path
    access: Access

    def __call__(self) -> tuple[AskedDatabase, ...]:
        """Each host that the city declares, asked now. Raises nothing for one that does not answer."""
        told = self._asked(self._sites(), FILE, read)
        return tuple(AskedDatabase(site=site, service=service, answer=answer) for site, service, answer in told)

    def points(self) -> tuple[AskedPoints, ...]:
        """What the recovery site's hosts keep, where the copies are. Raises nothing for one that is silent."""
        sites = [one for one in self._sites() if one.role is SiteRole.RECOVERY]
        told = self._asked(sites, points.FILE, points.read)
        return tuple(AskedPoints(site=site, service=service, answer=answer) for site, service, answer in told)

    def _sites(self) -> list[Stack]:
        return [stack for stack in stacks(self.city) if stack.program is Program.WORKLOADS]

    def _asked(
        self, sites: list[Stack], file: str, reader: Callable[[str], A | Unseen]
    ) -> tuple[tuple[str, str, A | Unseen], ...]:
        """Site, service and answer of each host that the city declares there."""
        with ThreadPoolExecutor(max(len(sites), 1)) as pool:
            return tuple(asked for site in pool.map(partial(self._at, file, reader), sites) for asked in site)

    def _at(
        self, file: str, reader: Callable[[str], A | Unseen], stack: Stack
    ) -> tuple[tuple[str, str, A | Unseen], ...]:
        declared = dict(self._declared(stack.site))
        if not declared:
            return ()
        with in_passing(stack, self.clouds) as connect:
            found = named(stack.site, connect, declared)
        hosts = {one.name: one for one in found if isinstance(one, Host)}
        lost = next((one.reason for one in found if isinstance(one, Unreached) and one.lost), "")
        silent = {one.name.partition(" ")[0]: one.reason for one in found if isinstance(one, Unreached)}

        def ask(name: str) -> A | Unseen:
            if name in hosts:
                return host_file.told(hosts[name], self.access, file, reader, "what its database is")
            return Unseen(reason=lost or f"{name} ({stack.site}): {silent.get(name, 'its cloud has no such server')}")

        with ThreadPoolExecutor(min(len(declared), _AT_ONCE)) as pool:
            answers = pool.map(ask, declared)
            return tuple(
                (stack.site, service, answer) for service, answer in zip(declared.values(), answers, strict=True)
            )

    def _declared(self, site: str) -> Iterator[tuple[str, str]]:
        """The name of each host that shall stand at the site, and the service whose database it has."""
        for service in self.city.services:
            if service.database and site in {one.id for one in standing_at(self.city, service)}:
                yield database_host(service), service.id


def of_lab(workspace: Workspace, city: City) -> DatabaseHosts:
    """Those of the workspace's clouds, opened by the lab's own key."""
    access = lab_access.hosts(workspace, "root", None, _BOUNDS)
    return DatabaseHosts(city=city, clouds=lab_access.params(workspace).clouds_yaml, access=access)
