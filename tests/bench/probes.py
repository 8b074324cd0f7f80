"""Probes of 20 services from two vantage points every 10 s: `python -m tests.bench.probes`.

The services are one process on loopback: 14 web pages over TLS, whose key is made new for each run, two name servers,
two brokers' ports and two plain pages. The vantage points are this process, sending from two addresses, or two
processes of their own. Told are the CPU seconds a minute of whoever probes, ledger and series included, and how long it
takes from a fault to `down` in the ledger, and from its end to `up`.
"""

import asyncio
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import uvloop

from city.clock import SystemClock
from city.model.places import Text
from city.model.probing import Probing, VantagePoint
from monitoring.ledger.intervals import State
from monitoring.ledger.store import Ledger
from monitoring.probes.dns import Name
from monitoring.probes.tcp import Port
from monitoring.probing.afar import AGENT, Afar
from monitoring.probing.declared import Probed, probes
from monitoring.probing.look import Ask
from monitoring.probing.prober import Prober
from monitoring.probing.trip import Address, Way
from monitoring.probing.vantage import Here, Vantage
from monitoring.probing.web import Page
from monitoring.series.store import ParquetSeries
from tests.monitoring import certificates
from tests.monitoring.paper_servers import LOOPBACK, Reader, Writer, answering, name_server, serving

ABOUT = """## Services asked from outside

14 pages over TLS, two plain ones, two name servers and two ports, one process on loopback; two vantage points, every
10 s, 2 failures of 3 rounds. CPU seconds are those of whoever probes, ledger and series included. A fault begins and
ends at any moment of a round."""

HOST = "www.example.test"
KINDS = ("https",) * 14 + ("dns",) * 2 + ("tcp",) * 2 + ("http",) * 2
POINTS = tuple(VantagePoint(id=name, name=Text(el=name, en=name)) for name in ("street", "datacentre"))
SOURCES = {"street": "127.0.0.2", "datacentre": "127.0.0.3"}
PROBING = Probing(points=POINTS)
_MINUTES, _FAULTS = 1, 9
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Town:
    """Where the services listen, in the order of KINDS, and the resolver that knows their name."""

    ports: tuple[int, ...]
    resolver: int
    trust: str


async def _ok(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready")
    await writer.drain()


async def _greet(_: Reader, writer: Writer) -> None:
    writer.write(b"220 ready\r\n")
    await writer.drain()


def _written(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    return str(file)


async def _serve(folder: str, orders: Connection) -> None:
    """The services; the first is a port that closes and opens as it is told: an order is whether it is open."""
    signer = certificates.signer("Example CA")
    trust = _written(Path(folder, "trust.pem"), signer.pem)
    tls = certificates.server(Path(folder), signer, HOST)
    known = name_server({HOST: LOOPBACK})
    async with AsyncExitStack() as opened:
        first = await asyncio.start_server(_ok, LOOPBACK, 0, ssl=tls)
        ports = [first.sockets[0].getsockname()[1]]
        for kind in KINDS[1:]:
            if kind == "dns":
                ports.append((await opened.enter_async_context(answering(known)))[0])
            else:
                serve, context = (_greet, None) if kind == "tcp" else (_ok, tls if kind == "https" else None)
                ports.append(await opened.enter_async_context(serving(serve, context)))
        resolver, _ = await opened.enter_async_context(answering(known))
        orders.send(Town(tuple(ports), resolver, trust))
        loop = asyncio.get_running_loop()
        while (is_open := await loop.run_in_executor(None, orders.recv)) is not None:
            if is_open:
                first = await asyncio.start_server(_ok, LOOPBACK, ports[0], ssl=tls)
            else:
                first.close()
            orders.send(is_open)


def _town(folder: str, orders: Connection) -> None:
    asyncio.run(_serve(folder, orders))


def _spec(kind: str, port: int) -> Page | Port | Name:
    match kind:
        case "dns":
            return Name(name=HOST, kind="A", values=(LOOPBACK,), authoritative=False, port=port)
        case "tcp":
            return Port(port=port, banner="220")
    return Page(path="/healthz", port=port, text="ready")


def _probed(town: Town) -> Iterator[Probed]:
    for number, (kind, port) in enumerate(zip(KINDS, town.ports, strict=True)):
        deadline_s = PROBING.deadline.total_seconds()
        ask = Ask(probe=probes()[kind], host=HOST, spec=_spec(kind, port), deadline_s=deadline_s)
        yield Probed(service=f"service-{number:02d}", ask=ask, within=PROBING.within, points=POINTS)


def _vantages(town: Town, *, afar: bool) -> Mapping[str, Vantage]:
    def stands(source: str) -> Vantage:
        if not afar:
            way = Way(source=source, resolvers=(Address(LOOPBACK, town.resolver),), trust=town.trust)
            return Here(way=way)
        resolver = f"{LOOPBACK}:{town.resolver}"
        return Afar(command=(*AGENT, "--source", source, "--resolver", resolver, "--trust", town.trust))

    return {point: stands(source) for point, source in SOURCES.items()}


def _cpu() -> float:
    """Of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


async def _minute(folder: Path, town: Town, *, afar: bool) -> float:
    """CPU seconds a minute, all that is started once included."""
    before = _cpu()
    with Ledger(folder / f"{afar}.sqlite", "town") as ledger, ParquetSeries(folder / f"series-{afar}") as series:
        prober = _prober(town, ledger, series, afar=afar)
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(60 * _MINUTES, stop.set)
        async with aclosing(prober):
            await prober.run(stop)
        states = {state for name, state in ledger.states_at(datetime.now(UTC)).items() if name.startswith("service")}
        assert states == {State.UP}, states
    return (_cpu() - before) / _MINUTES


def _prober(town: Town, ledger: Ledger, series: ParquetSeries, *, afar: bool) -> Prober:
    return Prober(
        services=tuple(_probed(town)),
        probing=PROBING,
        vantages=_vantages(town, afar=afar),
        ledger=ledger,
        series=series,
        clock=SystemClock(),
    )


async def _faults(folder: Path, town: Town, orders: Connection) -> tuple[list[float], list[float]]:
    """Seconds from each fault to down in the ledger, and from its end to up. A fault comes at any moment of a round."""
    random = Random(1)  # noqa: S311 - a repeatable choice
    down: list[float] = []
    up: list[float] = []
    with Ledger(folder / "faults.sqlite", "town") as ledger, ParquetSeries(folder / "series-faults") as series:
        prober, stop = _prober(town, ledger, series, afar=False), asyncio.Event()
        running = asyncio.create_task(prober.run(stop))
        await _until(ledger, State.UP)
        for _ in range(_FAULTS):
            for is_open, state, seconds in ((False, State.DOWN, down), (True, State.UP, up)):
                await asyncio.sleep(random.uniform(0, PROBING.interval.total_seconds()))
                orders.send(is_open)
                orders.recv()
                began = time.perf_counter()
                await _until(ledger, state)
                seconds.append(time.perf_counter() - began)
        stop.set()
        await running
    return down, up


async def _until(ledger: Ledger, state: State) -> None:
    """The newest interval of the first service begins in this state."""
    subject = "service:service-00"
    while True:
        now = datetime.now(UTC)
        seen = ledger.intervals([subject], now - timedelta(minutes=1), now + timedelta(minutes=1))[subject]
        if seen and seen[-1].state is state:
            return
        await asyncio.sleep(_POLL_S)


async def _measured(folder: Path, town: Town, orders: Connection) -> list[str]:
    here, afar = [await _minute(folder, town, afar=one) for one in (False, True)]
    down, up = await _faults(folder, town, orders)
    return [
        "| 20 services from two vantage points every 10 s | figure |",
        "|---|---|",
        f"| CPU seconds a minute, both points in the worker | {here:.2f} |",
        f"| CPU seconds a minute, each point a process of its own, its start included | {afar:.2f} |",
        f"| seconds from a refused port to down in the ledger, median and worst of {_FAULTS} | {_told(down)} |",
        f"| seconds from its end to up, median and worst of {_FAULTS} | {_told(up)} |",
    ]


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f}, {max(seconds):.1f}"


def table() -> list[str]:
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as folder:
        ours, theirs = multiprocessing.Pipe()
        town = multiprocessing.get_context("spawn").Process(target=_town, args=(folder, theirs), daemon=True)
        town.start()
        try:
            return uvloop.run(_measured(Path(folder), ours.recv(), ours))
        finally:
            ours.send(None)
            town.join()


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - its output
