"""The vaults of a city, asked over SSH what copies of files they keep; one that does not answer holds up no other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asty import host_file, lab_access
from asty.workspace import Workspace
from city.model.city import City
from city.model.vaults import vault
from drs.observed import Unseen
from drs.vaults import FILE, AskedVault, read
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, named
from infra.reach import in_passing
from infra.stacks import Program, Stack, stacks

_BOUNDS = Bounds(connect_s=10, run_s=10, output=4 * 1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultHosts:
    """Those of a city, as the clouds of the file `clouds` record them and `access` reaches them."""

    city: City
    clouds: Path
    access: Access

    def __call__(self) -> tuple[AskedVault, ...]:
        """The vault of each site, asked now; none of a city that has none. Raises nothing of a host's."""
        keeper = vault(self.city)
        if keeper is None:
            return ()
        sites = [stack for stack in stacks(self.city) if stack.program is Program.WORKLOADS]
        with ThreadPoolExecutor(len(sites)) as pool:
            return tuple(pool.map(partial(self._at, f"{keeper.id}-1"), sites))

    def _at(self, server: str, stack: Stack) -> AskedVault:
        with in_passing(stack, self.clouds) as connect:
            host = next(iter(named(stack.site, connect, {server})), None)
        if isinstance(host, Host):
            answer = host_file.told(host, self.access, FILE, read, "what copies it keeps")
            return AskedVault(site=stack.site, answer=answer)
        reason = host.reason if isinstance(host, Unreached) else "its cloud has no such server"
        return AskedVault(site=stack.site, answer=Unseen(reason=f"the vault {server} ({stack.site}): {reason}"))


def of_lab(workspace: Workspace, city: City) -> VaultHosts:
    """Those of the workspace's clouds, opened by the lab's own key."""
    access = lab_access.hosts(workspace, "root", None, _BOUNDS)
    return VaultHosts(city=city, clouds=lab_access.params(workspace).clouds_yaml, access=access)
