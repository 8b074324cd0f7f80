"""Servers of a living city: `python -m tests.bench living`, as root, with the variables of a workspace.

The city of the workspace is brought up with hosts, where it is not, and stays. Nobody else should be at it.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from openstack.compute.v2.server import Server
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from asty import lab_access, workspace
from asty.observed import open_ledger
from asty.workspace import Workspace
from city.clock import SystemClock
from city.load import load
from city.model.city import City
from lab.faults import Fault
from monitoring.ledger.intervals import State
from monitoring.ledger.store import Ledger
from monitoring.probing.declared import Probed, probed, probes
from monitoring.probing.look import Ask
from monitoring.probing.vantage import Vantage
from monitoring.probing.web import Page
from tests.e2e.operator import Operator

GUESTS, OUTAGES = 20, 3
MODEL, SITE, SERVICE = "open-data-1", "datacentre", "open-data"
ABOUT = f"""## Servers of a living city

The example city, brought up by `asty up`: both clouds, {GUESTS} more servers one after the other, beside all that the
city runs. A server answers when the probe host of the management network gets its page over TLS from the server's own
address. A site is without power when all of its servers are; `asty lab fault clear` follows at once, and all probes are
up when the street has every answer in one round of looks. A service is stopped and started through Nova, all of its
members at once, at any moment of a round, and stands as the ledger of the poller of `asty up` says."""
_PATIENCE_S, _BETWEEN_S = 600.0, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    ours: Workspace
    city: City
    cloud: Connection


@contextmanager
def _place() -> Iterator[Place]:
    """The workspace's city, up."""
    ours = workspace.find(os.environ)
    Operator(workspace=ours.name, city=ours.city_folder).asty("up", "--hosts")
    clouds = OpenStackConfig(config_files=[str(lab_access.params(ours).clouds_yaml)], load_envvars=False)
    with Connection(config=clouds.get_one(cloud=SITE)) as cloud:
        yield Place(ours=ours, city=load(ours.city_folder), cloud=cloud)


def table() -> list[str]:
    before = os.getloadavg()[2]
    with _place() as place:
        born = asyncio.run(_births(place))
        dark, back = asyncio.run(_blackout(place))
        down, up = asyncio.run(_outages(place))
    percentile = statistics.quantiles(born, n=100, method="inclusive")[98]
    rows = {
        f"from Nova's API call to the first answer, median and 99th percentile of {len(born)}": (
            f"{statistics.median(born):.1f}, {percentile:.1f}"
        ),
        f"from the power-off of a site's {dark} servers to all probes up, their restart included": f"{back:.1f}",
        f"from Nova's stop of all members to down in the ledger, median and worst of {len(down)}": _told(down),
        f"from Nova's start of them to up in the ledger, median and worst of {len(up)}": _told(up),
    }
    load = f"load average of 15 minutes {before:.1f} before, {os.getloadavg()[2]:.1f} after"
    return [
        "| seconds | figure |",
        "|---|---|",
        *(f"| {what} | {figure} |" for what, figure in rows.items()),
        "",
        f"Date: {SystemClock().now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores; {load}.",
    ]


def _told(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.1f}, {max(seconds):.1f}"


async def _births(place: Place) -> list[float]:
    """Of each new server, one after the other, the seconds until it answers."""
    there = lab_access.vantages(place.ours, place.city)[SITE]
    compute, network = place.cloud.compute, place.cloud.network
    model = compute.find_server(MODEL, ignore_missing=False)
    [beside] = network.ports(device_id=model.id)
    group = network.create_security_group(name="bench")
    network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=443, port_range_max=443
    )
    try:
        return [await _birth(place.cloud, there, model, beside.network_id, group.id) for _ in range(GUESTS)]
    finally:
        await there.close()
        network.delete_security_group(group)


async def _birth(cloud: Connection, there: Vantage, model: Server, network: str, group: str) -> float:
    port = cloud.network.create_port(network_id=network, security_group_ids=[group])
    ask = _page(port.fixed_ips[0]["ip_address"])
    begun = time.monotonic()
    server = cloud.compute.create_server(
        name="bench-1",
        flavor_id=cloud.compute.find_flavor(model.flavor["original_name"], ignore_missing=False).id,
        image_id=model.image.id,
        networks=[{"port": port.id}],
        metadata={"service": "bench", "port": "443", "fqdn": "bench.example.test"},
    )
    try:
        while (await there.look(ask)).failure is not None:
            _in_time(begun)
            await asyncio.sleep(_BETWEEN_S)
        return time.monotonic() - begun
    finally:
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server)
        cloud.network.delete_port(port)


def _page(host: str) -> Ask:
    return Ask(probe=probes()["https"], host=host, spec=Page(path="/healthz", port=443), deadline_s=3)


async def _blackout(place: Place) -> tuple[int, float]:
    """How many servers lost their power, and the seconds until all probes of the city answer the street again."""
    lab, street = lab_access.lab(place.ours, place.city), lab_access.vantages(place.ours, place.city)["street"]
    asked = [one for one in probed(place.city) if any(point.id == "street" for point in one.points)]
    begun = time.monotonic()
    await asyncio.to_thread(lab.fault, Fault(kind="power-off", targets=(SITE,)), print)
    servers = sum(SITE in target for target in lab.standing())
    mending = asyncio.create_task(asyncio.to_thread(lab.clear, [SITE], print))
    while not await _all_answer(street, asked):
        _in_time(begun)
        await asyncio.sleep(_BETWEEN_S)
    back = time.monotonic() - begun
    await mending
    await street.close()
    return servers, back


async def _all_answer(street: Vantage, asked: Sequence[Probed]) -> bool:
    found = await asyncio.gather(*(street.look(one.ask) for one in asked))
    return all(look.failure is None for look in found)


async def _outages(place: Place) -> tuple[list[float], list[float]]:
    """Seconds from the stop of the service to down in the ledger, and from its start to up."""
    down: list[float] = []
    up: list[float] = []
    with open_ledger(place.ours, place.city, "bench") as ledger:
        await _until(ledger, State.UP)
        for number in range(OUTAGES):
            for verb, state, seconds in (("stop", State.DOWN, down), ("start", State.UP, up)):
                await asyncio.sleep(2.1 * number)
                begun = time.monotonic()
                await asyncio.to_thread(_act, place.cloud, verb)
                await _until(ledger, state)
                seconds.append(time.monotonic() - begun)
    return down, up


def _act(cloud: Connection, verb: str) -> None:
    for server in cloud.compute.servers():
        if (server.metadata or {}).get("service") == SERVICE:
            getattr(cloud.compute, f"{verb}_server")(server)


async def _until(ledger: Ledger, state: State) -> None:
    begun, now = time.monotonic(), SystemClock().now
    while ledger.states_at(now()).get(f"service:{SERVICE}") is not state:
        _in_time(begun)
        await asyncio.sleep(_BETWEEN_S)


def _in_time(begun: float) -> None:
    if time.monotonic() - begun > _PATIENCE_S:
        raise TimeoutError("it never came to be")
