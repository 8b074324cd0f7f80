"""A lab whose OpenStack and whose network below are a test: as root, two regions, load balancers in namespaces."""

import contextlib
import subprocess
from pathlib import Path

from lab import cells, daemon
from lab.balancing import process
from lab.balancing.places import prefix
from lab.net import names
from lab.net.kernel import inside
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from lab.system import as_root
from tests.lab.balancing.balancers import Raw, listener, monitor, pool
from tests.lab.balancing.balancers import balancer as declared
from tests.lab.balancing.members import Server, asked
from tests.waiting import until

CLIENTS, VIP = "10.77.9.1", "10.77.9.80"
QUICK = monitor(delay_s=1, timeout_s=1, rise=1, fall=2)


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


class World:
    """A lab whose OpenStack and whose network below are the test."""

    def __init__(self, params: LabParams) -> None:
        self.params = params
        self.by = as_root()
        assert self.by is not None, "namespaces take root, or sudo"
        params.claim()
        self.specs = [
            RegionSpec(params=params, index=n, name=name, cloud=name, zones=("az1",))
            for n, name in enumerate(["dc", "drs"])
        ]
        for spec in self.specs:
            keep(spec)
        self.exchanges = [Exchange(spec.balancing) for spec in self.specs]
        self.client = f"{names.mark(params)}.t"
        ip("netns", "add", self.client)
        ip("-n", self.client, "link", "set", "lo", "up")

    def start(self) -> None:
        process.up(self.params, print)

    def declare(self, *balancers: Raw, region: int = 0) -> None:
        self.exchanges[region].open()
        self.exchanges[region].wanted.write({"balancers": list(balancers)})

    def told(self, region: int = 0) -> dict[str, Raw]:
        content = self.exchanges[region].told.read()
        return {} if content is None else dict(content["balancers"])

    def until_taken(self, *balancers: Raw, region: int = 0) -> None:
        wanted = {one["id"]: one["revision"] for one in balancers}
        until(lambda: {key: one["revision"] for key, one in self.told(region).items()} == wanted, f"{wanted}")

    def namespace(self, balancer: Raw) -> str:
        return names.device(self.params, balancer["device"])

    def plug(self, balancer: Raw) -> None:
        """As the network below does, a while after the namespace is there."""
        until(lambda: Path("/run/netns", self.namespace(balancer)).exists())
        ip("-n", self.client, "link", "add", "lb", "type", "veth", "peer", "eth0", "netns", self.namespace(balancer))
        ip("-n", self.client, "address", "replace", f"{CLIENTS}/24", "dev", "lb")
        ip("-n", self.namespace(balancer), "address", "add", f"{VIP}/24", "dev", "eth0")
        for namespace, link in ((self.client, "lb"), (self.namespace(balancer), "eth0")):
            ip("-n", namespace, "link", "set", link, "up")

    def asked(self) -> str:
        with inside(self.client):
            return asked((VIP, 8443))

    def serve(self, name: str, port: int) -> Server:
        with inside(self.client):
            return Server(name, (CLIENTS, port))

    def left(self) -> list[str]:
        """Namespaces, processes and folders of load balancers."""
        running = [file.parent.name for file in Path("/proc").glob("[0-9]*/cwd") if self._here(file)]
        folders = [str(folder) for spec in self.specs for folder in spec.balancing.glob("lb-*")]
        return [*cells.beginning(prefix(self.params)), *running, *folders]

    def _here(self, link: Path) -> bool:
        with contextlib.suppress(OSError):
            return "/balancing/lb-" in str(link.readlink()) and str(self.params.root) in str(link.readlink())
        return False

    def pid(self, balancer: Raw) -> int:
        """0 where it does not run."""
        found = daemon.find(self.specs[0].balancing / f"lb-{balancer['id']}" / "pid")
        return found.pid if found else 0

    @property
    def agent(self) -> int:
        found = daemon.find(process.AGENT.pid_file(self.params))
        assert found is not None
        return found.pid

    def close(self) -> None:
        process.down(self.params)
        ip("netns", "delete", self.client)


def balancer(number: int = 1, revision: str = "r1", *members: Raw) -> Raw:
    name = f"{number:08x}-0000-4000-8000-000000000000"
    served = pool(*members, monitor=QUICK, id=f"pool-{number}")
    one = declared(listener(pool=served["id"]), pools=(served,), id=name, addresses=[VIP], revision=revision)
    return {**one, "device": f"lb-{name}"}
