import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.model.places import Text
from city.model.probing import Probing, VantagePoint
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.probes.tcp import Port
from monitoring.probing.declared import Probed, probes
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask
from monitoring.probing.probe import Found
from monitoring.probing.prober import Prober

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
STREET, DATACENTRE = (VantagePoint(id=name, name=Text(el=name, en=name)) for name in ("street", "datacentre"))
GOOD = Found(failure=None, seconds=0.1, heard=True, detail="connected", certificate_ends=2e9)
LATE = Found(failure=Failure.NO_CONNECTION, seconds=3, heard=False)
PROBING = Probing(
    interval=timedelta(seconds=10), deadline=timedelta(seconds=3), again=timedelta(), points=(STREET, DATACENTRE)
)


def probed(service: str, *points: VantagePoint) -> Probed:
    ask = Ask(probe=probes()["tcp"], host=service, spec=Port(port=443), deadline_s=3)
    return Probed(service=service, ask=ask, within=timedelta(seconds=1), points=points or PROBING.points)


@dataclass
class Paper:
    """Sees each service as it was told, good where it was told nothing."""

    sees: dict[str, Found] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def look(self, ask: Ask) -> Found:
        self.asked.append(ask.host)
        await asyncio.sleep(0)
        return self.sees.get(ask.host, GOOD)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class PaperSeries:
    rows: list[Mapping[str, Mapping[str, float]]] = field(default_factory=list)

    def append(self, at: datetime, rows: Mapping[str, Mapping[str, float]]) -> None:
        assert at.tzinfo
        self.rows.append(rows)


@dataclass
class PaperLedger:
    seen: list[Observation] = field(default_factory=list)
    broken: bool = False

    def observe(self, observations: Iterable[Observation]) -> None:
        if self.broken:
            raise OSError("the disk is full")
        self.seen += observations


@dataclass
class Bench:
    services: tuple[Probed, ...] = (probed("portal"), probed("identity"), probed("gis"))
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    street: Paper = field(default_factory=Paper)
    datacentre: Paper = field(default_factory=Paper)
    series: PaperSeries = field(default_factory=PaperSeries)
    ledger: PaperLedger = field(default_factory=PaperLedger)
    prober: Prober = field(init=False)

    def __post_init__(self) -> None:
        self.prober = Prober(
            services=self.services,
            probing=PROBING,
            vantages={"street": self.street, "datacentre": self.datacentre},
            ledger=self.ledger,
            series=self.series,
            clock=self.clock,
        )

    async def round(self, *services: str) -> list[tuple[str, State]]:
        self.ledger.seen.clear()
        self.clock.at += timedelta(seconds=10)
        await self.prober.round([one for one in self.services if one.service in services or not services])
        return [(seen.subject[8:], seen.state) for seen in self.ledger.seen if seen.subject.startswith("service:")]


async def test_every_service_is_asked_from_every_point_and_kept_with_its_probe_and_its_times() -> None:
    bench = Bench()
    assert await bench.round() == [("portal", State.UP), ("identity", State.UP), ("gis", State.UP)]
    assert bench.street.asked == bench.datacentre.asked == ["portal", "identity", "gis"]
    [seen, *_] = bench.ledger.seen
    assert seen.evidence == "tcp street: connected, 0.100 s; datacentre: connected, 0.100 s"
    times = {"probeSuccess": 1.0, "probeDurationSeconds": 0.1, "probeCertificateEndSeconds": 2e9}
    assert bench.series.rows[0]["service:portal@street"] == times
    assert len(bench.series.rows[0]) == 6


async def test_an_outage_is_believed_at_the_second_look_and_told_from_the_first(tmp_path: Path) -> None:
    bench = Bench()
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "example") as ledger:
        bench.prober.ledger = ledger
        await bench.round()
        bench.street.sees["portal"] = bench.datacentre.sees["portal"] = LATE
        assert await bench.round() == []
        failed = bench.clock.at
        assert [one.service for one in bench.prober.open_ones()] == ["portal"]
        await bench.round("portal")
        assert bench.prober.open_ones() == []
        end = bench.clock.at + timedelta(seconds=1)
        seen = ledger.intervals(["service:portal"], NOON, end)["service:portal"]
    assert [(one.state, one.start) for one in seen] == [(State.UP, NOON + timedelta(seconds=10)), (State.DOWN, failed)]
    assert (seen[0].end, seen[1].end) == (failed, end)
    assert seen[1].cause == "no connection in time from street, datacentre"


async def test_a_service_that_one_point_alone_loses_is_degraded() -> None:
    bench = Bench()
    bench.street.sees["portal"] = LATE
    await bench.round()
    assert ("portal", State.DEGRADED) in await bench.round()


async def test_a_point_that_hears_nobody_condemns_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.street.sees = dict.fromkeys(("portal", "identity", "gis"), LATE)
    assert await bench.round() == [("portal", State.UP), ("identity", State.UP), ("gis", State.UP)]
    assert "vantage point street hears nobody" in caplog.text
    themselves = {seen.subject: (seen.state, seen.cause) for seen in bench.ledger.seen[3:]}
    assert themselves == {"vantage:street": (State.UNKNOWN, "we hear nobody"), "vantage:datacentre": (State.UP, "")}
    bench.datacentre.sees = bench.street.sees
    assert set(await bench.round()) == {(one, State.UNKNOWN) for one in ("portal", "identity", "gis")}


async def test_a_point_where_nobody_stands_makes_its_own_services_unknown_alone() -> None:
    bench = Bench(services=(probed("portal"), probed("inner", VantagePoint(id="iot", name=Text(el="iot", en="iot")))))
    assert await bench.round() == [("portal", State.UP), ("inner", State.UNKNOWN)]
    assert "service:inner@iot" not in bench.series.rows[0]
    points = {
        seen.subject: (seen.state, seen.cause) for seen in bench.ledger.seen if seen.subject.startswith("vantage")
    }
    assert points["vantage:iot"] == (State.UNKNOWN, "nothing is asked from there"), "nobody is there to hear anything"
    assert points["vantage:street"] == (State.UP, "")


async def test_one_look_at_everything_goes_on_until_something_is_believed() -> None:
    bench = Bench()
    bench.street.sees["portal"] = bench.datacentre.sees["portal"] = LATE
    told = {seen.subject: seen.state for seen in await bench.prober.once()}
    assert told == {"service:portal": State.DOWN, "service:identity": State.UP, "service:gis": State.UP}
    assert bench.street.asked.count("portal") == 2
    assert bench.street.asked.count("gis") == 1


async def test_the_cloud_tells_why_a_service_that_answers_is_degraded() -> None:
    bench = Bench(services=(probed("portal"),))
    bench.prober.members_out = lambda service, _: {"portal": "datacentre: portal-1 SHUTOFF, of 2 servers"}[service]
    await bench.round()
    assert await bench.round() == [("portal", State.DEGRADED)] * 2
    assert bench.ledger.seen[0].cause == "members out (datacentre: portal-1 SHUTOFF, of 2 servers)"


async def test_a_round_that_cannot_be_kept_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    bench, stop = Bench(), asyncio.Event()
    bench.ledger.broken = True
    bench.prober.probing = Probing(interval=timedelta(milliseconds=10), again=timedelta(milliseconds=1))
    running = asyncio.create_task(bench.prober.run(stop))
    while bench.street.asked.count("portal") < 3:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.005)
    stop.set()
    await running
    assert "a round of probes is not wholly kept: the disk is full" in caplog.text


async def test_a_worker_asks_all_each_interval_and_a_doubtful_one_sooner() -> None:
    bench, stop = Bench(), asyncio.Event()
    bench.prober.probing = Probing(interval=timedelta(seconds=60), again=timedelta(milliseconds=1))
    bench.street.sees["portal"] = bench.datacentre.sees["portal"] = LATE
    running = asyncio.create_task(bench.prober.run(stop))
    while bench.prober.open_ones() or not bench.street.asked:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.001)
    stop.set()
    await running
    assert (bench.street.asked.count("portal"), bench.street.asked.count("gis")) == (2, 1)


@pytest.mark.parametrize(("again_s", "waits"), [(0.01, False), (30.0, True)])
async def test_again_counts_from_when_a_look_began_so_that_who_was_silent_is_asked_at_once(
    monkeypatch: pytest.MonkeyPatch, again_s: float, *, waits: bool
) -> None:
    """A look in vain takes 0.05 s."""
    bench, stop, waited = Bench(services=(probed("portal", STREET),)), asyncio.Event(), list[float]()

    async def look(_ask: Ask) -> Found:
        await asyncio.sleep(0.05)
        return LATE

    async def wait_for(until: Coroutine[None, None, bool], timeout: float) -> None:  # noqa: ASYNC109 - asyncio's own
        until.close()
        waited.append(timeout)
        stop.set()

    monkeypatch.setattr(asyncio, "wait_for", wait_for)
    monkeypatch.setattr(bench.street, "look", look)
    bench.prober.probing = Probing(interval=timedelta(seconds=60), again=timedelta(seconds=again_s))
    await bench.prober.run(stop)
    [left] = waited
    assert (left > 0) is waits and left < again_s
