"""Logging in to each host of the recovery site, as operators would: is anybody let in, and with which certificate?"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from asty import lab_access
from asty.declared_sites import declaration
from asty.workspace import Workspace
from city.model.city import City
from city.model.places import SiteRole
from drs.compared import Sites
from drs.hosts import CHAIN, AskedHost, SeenCertificate, read
from drs.observed import Unseen
from infra.hosts.access import Access, Bounds
from infra.hosts.command import run
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, named
from infra.reach import in_passing
from infra.stacks import Program, Stack, stacks

_BOUNDS = Bounds(connect_s=10, run_s=10, output=64 * 1024)
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLogins:
    """The hosts that the city wants to run at the recovery site, as its cloud records them."""

    city: City
    clouds: Path
    access: Access

    def __call__(self) -> tuple[AskedHost, ...]:
        """Each of them, tried now. Raises nothing for one that lets nobody in."""
        standing = declaration(self.city, SiteRole.RECOVERY).standing
        services = {server: name for name, one in standing.items() for server in one.servers}
        sites = [one for one in stacks(self.city) if one.program is Program.WORKLOADS and one.role is SiteRole.RECOVERY]
        return tuple(asked for stack in sites for asked in self._at(stack, services))

    def _at(self, stack: Stack, services: dict[str, str]) -> tuple[AskedHost, ...]:
        with in_passing(stack, self.clouds) as connect:
            found = named(stack.site, connect, services) if services else ()
        hosts = {one.name: one for one in found if isinstance(one, Host)}
        lost = next((one.reason for one in found if isinstance(one, Unreached) and one.lost), "")
        silent = {one.name.partition(" ")[0]: one.reason for one in found if isinstance(one, Unreached)}

        def ask(server: str) -> SeenCertificate | str | Unseen:
            if server in hosts:
                return self._ask(hosts[server])
            return Unseen(reason=lost or silent.get(server, "its cloud has no such server"))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(
                AskedHost(site=stack.site, server=server, service=services[server], answer=answer)
                for server, answer in zip(services, pool.map(ask, services), strict=True)
            )

    def _ask(self, host: Host) -> SeenCertificate | str | Unseen:
        answer = run(host, self.access, ("cat", CHAIN))
        if answer.ran is None:
            return Unseen(reason=answer.outcome.reason)
        if answer.ran.exit:
            return f"nobody can read {CHAIN}: {answer.ran.stderr.strip().partition(chr(10))[0]}"
        return read(answer.ran.stdout)


def tried(workspace: Workspace, sites: Sites) -> Sites:
    """The sites with what came of a login at each host; as they were for a lab that has no hosts."""
    there = lab_access.params(workspace)
    if not there.hosts:
        return sites
    access = lab_access.hosts(workspace, "root", None, _BOUNDS)
    return replace(sites, hosts=HostLogins(city=sites.city, clouds=there.clouds_yaml, access=access)())
