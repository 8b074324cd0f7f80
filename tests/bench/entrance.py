"""How long entrances take to follow, and what they cost at rest: `python -m tests.bench.entrance`. As root.

Real HAProxy, Knot and Unbound on loopback, agents as the lab runs them. A member's death is timed from the closing of
its port to the status DEGRADED, with the monitor that infra/ declares (5 s, 3 failures) and with one of 1 s and 2
failures: the agent's share is what the checks do not take. A zone's change is timed from Designate's letter to the
first answer at the name server, and to the first at a resolver that holds the former answer.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from lab import daemon
from lab.agent import Agent
from lab.balancing import process as balancing
from lab.names import process as names
from lab.names.endpoint import Endpoint
from lab.names.places import endpoints
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from lab.part import Part
from tests.lab.balancing import balancers
from tests.lab.balancing.members import Server
from tests.lab.balancing.test_balancing_real import Region
from tests.lab.names.zones import ZONE, www, zone

_ROUNDS, _TTL_S, _REST_S, _BALANCERS = 10, 3, 30, 20
_BETWEEN_S = 0.005
_MEMBER = ("127.92.0.81", 9000)


def until(condition: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    begun = time.monotonic()
    while not condition():
        time.sleep(_BETWEEN_S)
    return time.monotonic() - begun


def deaths(delay_s: int, fall: int, rounds: int) -> list[float]:
    """From the end of a member's port to DEGRADED, in seconds."""
    found = []
    monitor = balancers.monitor(delay_s=delay_s, timeout_s=3, rise=1, fall=fall)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        region = Region(Path(folder) / "balancing")
        steady = Server("steady", ("127.92.0.82", 9000))
        raw = balancers.simple(
            balancers.member("a", _MEMBER[0], _MEMBER[1]), balancers.member("b", "127.92.0.82", 9000), monitor=monitor
        )

        def told(status: str) -> bool:
            region.site.round(whole=False)
            return region.status("loadbalancers", balancers.BALANCER) == status

        region.declare(raw)
        for number in range(rounds):
            server = Server("a", _MEMBER)
            until(lambda: told("ONLINE"))
            time.sleep(number / rounds * delay_s)  # at every moment between two checks
            server.die()
            found.append(until(lambda: told("DEGRADED")))
        region.declare()
        region.site.close()
        steady.die()
    return found


@contextmanager
def lab(folder: Path) -> Iterator[tuple[LabParams, list[RegionSpec]]]:
    """Two regions without OpenStack, whose letters we write."""
    params = LabParams(name="bench", root=folder / "lab", base_port=38_500, base_address=IPv4Address("127.95.0.0"))
    params.claim()
    specs = [RegionSpec(params=params, index=n, name=f"r{n}", cloud=f"r{n}", zones=("az1",)) for n in range(2)]
    for spec in specs:
        keep(spec)
    try:
        yield params, specs
    finally:
        names.down(params)
        balancing.down(params)


def declare(folder: Path, content: dict[str, Any]) -> None:
    exchange = Exchange(folder)
    exchange.open()
    exchange.wanted.write(content)


def address(endpoint: Endpoint) -> str:
    command = [
        "/usr/bin/kdig",
        f"@{endpoint.address}",
        "-p",
        str(endpoint.port),
        "+short",
        "+retry=0",
        f"www.{ZONE}",
        "A",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def changes(params: LabParams, spec: RegionSpec) -> tuple[list[float], list[float]]:
    """From the letter to the authority's new answer, and to the resolver's that had just cached the former one."""
    at_authority, at_resolver = [], []
    for number in range(1, _ROUNDS + 1):
        until(lambda: bool(address(endpoints(params, 0)[1])))
        new = f"10.1.1.{number}"
        declare(spec.names, {"zones": [zone(number, www(new, _TTL_S))]})
        begun = time.monotonic()
        until(lambda new=new: address(endpoints(params, 0)[0]) == new)  # type: ignore[misc]
        at_authority.append(time.monotonic() - begun)
        until(lambda new=new: address(endpoints(params, 0)[1]) == new)  # type: ignore[misc]
        at_resolver.append(time.monotonic() - begun)
    return at_authority, at_resolver


def running(params: LabParams) -> list[Part]:
    return [part for part in balancing.status(params) if part.state == "up"]


def at_rest(params: LabParams, agent: Agent) -> float:
    """The agent's share of one core while nothing happens."""
    found = daemon.find(agent.pid_file(params))
    assert found is not None
    before = _cpu_s(found.pid)
    time.sleep(_REST_S)
    return (_cpu_s(found.pid) - before) / _REST_S


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def say(what: str, seconds: list[float]) -> None:
    found = f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, of {len(seconds)}"
    print(f"{what}: {found}", flush=True)  # noqa: T201 - its output


def main() -> None:
    say("death of a member to DEGRADED, checks each 1 s, 2 failures", deaths(1, 2, _ROUNDS))
    if "--long" in sys.argv:
        say("death of a member to DEGRADED, checks each 5 s, 3 failures", deaths(5, 3, 5))
    with tempfile.TemporaryDirectory(prefix="bench") as folder, lab(Path(folder)) as (params, specs):
        declare(specs[0].names, {"zones": [zone(0, www("10.1.1.0", _TTL_S))]})
        declare(specs[1].names, {"zones": []})
        names.up(params, print)
        until(lambda: address(endpoints(params, 0)[0]) != "")
        here, there = changes(params, specs[0])
        say("change of a zone to the name server's answer", here)
        say(f"change of a zone to the resolver's answer, TTL {_TTL_S} s, just cached", there)
        print(f"agent of the names at rest: {at_rest(params, names.AGENT):.2%} of a core")  # noqa: T201
        for spec in specs:
            many = [
                balancers.simple(balancers.member("m", monitor_port=9), monitor=balancers.monitor())
                | {"id": f"{number:08x}-{spec.index}", "device": f"lb-{number:08x}{spec.index}"}
                for number in range(_BALANCERS)
            ]
            declare(spec.balancing, {"balancers": many})
        balancing.up(params, print)
        seconds = until(lambda: len(running(params)) == 1 + 2 * _BALANCERS)
        print(f"{2 * _BALANCERS} load balancers up in {seconds:.1f} s")  # noqa: T201
        time.sleep(31)
        print(f"agent of the load balancers at rest: {at_rest(params, balancing.AGENT):.2%} of a core")  # noqa: T201
        print(f"memory: {sum(part.memory_mb for part in running(params)[1:]):.0f} MB for all load balancers")  # noqa: T201


if __name__ == "__main__":
    main()
