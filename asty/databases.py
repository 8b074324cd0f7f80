"""The hosts of databases, asked over SSH what they say of themselves; one that does not answer holds up no other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asty import lab_access
from asty.workspace import Workspace
from city.model.city import City
from drs.databases import FILE, AskedDatabase, SeenDatabase, read
from drs.observed import Unseen
from infra.hosts.access import Access, Bounds
from infra.hosts.command import run
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, named
from infra.placement import database_host, standing_at
from infra.reach import connection
from infra.stacks import Program, Stack, stacks

_BOUNDS = Bounds(connect_s=10, run_s=10, output=64 * 1024)
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHosts:
    """Those of a city, as the clouds of the file `clouds` record them and `access` reaches them."""

    city: City
    clouds: Path
    access: Access

    def __call__(self) -> tuple[AskedDatabase, ...]:
        """Each host that the city declares, asked now. Raises nothing for one that does not answer."""
        sites = [stack for stack in stacks(self.city) if stack.program is Program.WORKLOADS]
        with ThreadPoolExecutor(max(len(sites), 1)) as pool:
            return tuple(asked for site in pool.map(self._at, sites) for asked in site)

    def _at(self, stack: Stack) -> tuple[AskedDatabase, ...]:
        declared = dict(self._declared(stack.site))
        if not declared:
            return ()
        found = named(stack.site, partial(connection, stack, self.clouds), declared)
        hosts = {one.name: one for one in found if isinstance(one, Host)}
        lost = next((one.reason for one in found if isinstance(one, Unreached) and one.lost), "")
        silent = {one.name.partition(" ")[0]: one.reason for one in found if isinstance(one, Unreached)}

        def ask(name: str) -> SeenDatabase | Unseen:
            if name in hosts:
                return self._ask(hosts[name])
            return Unseen(reason=lost or f"{name} ({stack.site}): {silent.get(name, 'its cloud has no such server')}")

        with ThreadPoolExecutor(min(len(declared), _AT_ONCE)) as pool:
            answers = pool.map(ask, declared)
            return tuple(
                AskedDatabase(site=stack.site, service=service, answer=answer)
                for service, answer in zip(declared.values(), answers, strict=True)
            )

    def _declared(self, site: str) -> Iterator[tuple[str, str]]:
        """The name of each host that shall stand at the site, and the service whose database it has."""
        for service in self.city.services:
            if service.database and site in {one.id for one in standing_at(self.city, service)}:
                yield database_host(service), service.id

    def _ask(self, host: Host) -> SeenDatabase | Unseen:
        answer = run(host, self.access, ("cat", FILE))
        if answer.ran is None:
            return Unseen(reason=f"{host}: {answer.outcome.reason}")
        if answer.ran.exit:
            said = answer.ran.stderr.strip().partition("\n")[0]
            return Unseen(reason=f"{host} does not say what its database is: {said or f'exit {answer.ran.exit}'}")
        return read(answer.ran.stdout)


def of_lab(workspace: Workspace, city: City) -> DatabaseHosts:
    """Those of the workspace's clouds, opened by the lab's own key."""
    access = lab_access.hosts(workspace, "root", None, _BOUNDS)
    return DatabaseHosts(city=city, clouds=lab_access.params(workspace).clouds_yaml, access=access)
