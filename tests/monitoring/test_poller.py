import asyncio
import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from city.clock import FixedClock
from city.errors import Failed, InvalidInput
from city.inventory import Endpoint, Inventory
from city.model.city import City
from monitoring.ledger.intervals import Observation, State
from monitoring.observer import HEARS_NOBODY
from monitoring.poller import Cycle, Poller
from monitoring.snapshot import CANARY, OBSERVER
from monitoring.snmp.client import Answers, BadAgent, NoAnswer, NotHeard, PortClosed, Question, Refused, WrongKey
from monitoring.turns import next_turn, phase
from snmp.pdu import Kind, Value, VarBind

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
UPTIME: list[VarBind] = [("1.3.6.1.2.1.1.3.0", Value(Kind.TIMETICKS, 4200))]
FREE_AT_2_4_GHZ: list[VarBind] = [
    *UPTIME,
    ("1.3.6.1.2.1.31.1.1.1.1.2", Value(Kind.OCTETS, b"wifi0")),
    ("1.3.6.1.2.1.31.1.1.1.1.3", Value(Kind.OCTETS, b"wifi1")),
    ("1.3.6.1.2.1.2.2.1.8.2", Value(Kind.INTEGER, 1)),
    ("1.3.6.1.2.1.2.2.1.8.3", Value(Kind.INTEGER, 2)),
    ("1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.1.1", Value(Kind.OCTETS, b"EXAMPLE-FREE")),
    ("1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.1", Value(Kind.INTEGER, 1)),
    ("1.3.6.1.4.1.25053.1.1.12.1.1.1.2.1.4.2", Value(Kind.INTEGER, 100)),
]
"""A street-ap whose other radio is shut."""


@dataclass
class PaperClient:
    """Answers as told per device, else with an uptime; remembers whom it was asked for at one time."""

    answers: Mapping[str, Exception | list[VarBind]] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)
    doubled: list[str] = field(default_factory=list)

    async def read(self, endpoint: Endpoint, question: Question) -> Answers:
        assert question.scalars
        if endpoint.device in self.asking:
            self.doubled.append(endpoint.device)
        self.asking.add(endpoint.device)
        await asyncio.sleep(0)
        self.asking.discard(endpoint.device)
        answer = self.answers.get(endpoint.device, UPTIME)
        if isinstance(answer, Exception):
            raise answer
        return Answers(varbinds=answer)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class PaperLedger:
    seen: list[Observation] = field(default_factory=list)

    def observe(self, observations: Iterable[Observation]) -> None:
        self.seen.extend(observations)


@dataclass
class PaperSeries:
    rows: list[Mapping[str, Mapping[str, float]]] = field(default_factory=list)

    def append(self, at: datetime, rows: Mapping[str, Mapping[str, float]]) -> None:
        assert at == NOON
        self.rows.append(rows)


class PaperProbe:
    def observe(self, at: datetime, reach: timedelta) -> Sequence[Observation]:
        return [Observation(subject="service:portal", at=at, state=State.UP, reach=reach)]

    def members_out(self, service: str, at: datetime) -> str:
        return f"{service} lacks one at {at:%H:%M}"


def poller(city: City, known: Inventory, client: PaperClient | None = None) -> Poller:
    return Poller(
        city=city,
        inventory=known,
        client=client or PaperClient(),
        ledger=PaperLedger(),
        series=PaperSeries(),
        clock=FixedClock(NOON),
        probe=PaperProbe(),
    )


def seen(cycle: Cycle) -> dict[str, tuple[State, str]]:
    return {look.observation.subject: (look.observation.state, look.observation.cause) for look in cycle.looks}


async def test_rings_of_values_are_looked_for_seldom_while_devices_are_read_and_as_usual_afterwards(
    example_city: City, paper_inventory: Inventory
) -> None:
    usual, during = gc.get_threshold(), set[int]()
    await poller(example_city, paper_inventory).once(lambda _: during.add(gc.get_threshold()[0]))
    assert min(during) > 10 * usual[0]
    assert gc.get_threshold() == usual


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        pytest.param(NoAnswer("no answer"), (State.DOWN, "no answer"), id="silence is down"),
        pytest.param(WrongKey("refused: wrong key"), (State.UNKNOWN, "refused: wrong key"), id="our key is our fault"),
        pytest.param(BadAgent("nonsense"), (State.UNKNOWN, "nonsense"), id="nonsense says nothing"),
        pytest.param(OSError("no buffers"), (State.UNKNOWN, "could not be asked: no buffers"), id="our own socket"),
        pytest.param(
            InvalidInput("secret env:X", "not set", "Export it."),
            (State.UNKNOWN, "could not be asked: secret env:X: not set. Export it."),
            id="a secret that is not there",
        ),
        pytest.param(
            ZeroDivisionError(), (State.UNKNOWN, "could not be understood: ZeroDivisionError"), id="our own mistake"
        ),
        pytest.param(NotHeard("it is there"), (State.UNKNOWN, "it is there"), id="there, but deaf, is not down"),
        pytest.param(Refused("no route"), (State.DOWN, "no route"), id="an address that nobody has is down"),
        pytest.param(PortClosed("closed"), (State.UNKNOWN, "closed"), id="a closed port says that its host is there"),
    ],
)
async def test_one_devices_trouble_is_its_own(
    example_city: City, paper_inventory: Inventory, trouble: Exception, expected: tuple[State, str]
) -> None:
    sick, *others = [device.id for device in example_city.devices]
    found = seen(await poller(example_city, paper_inventory, PaperClient({sick: trouble})).once())
    assert found.pop(f"device:{sick}") == expected
    assert {found[f"device:{other}"] for other in others} == {(State.UP, "")}


async def test_a_device_without_an_address_is_unknown(example_city: City) -> None:
    found = seen(await poller(example_city, {}).once())
    assert found.pop("service:portal") == (State.UP, "")
    assert set(found.values()) == {(State.UNKNOWN, "no address is known")}


async def test_everything_is_kept_with_what_it_showed(example_city: City, paper_inventory: Inventory) -> None:
    one = poller(example_city, paper_inventory)
    told: list[str] = []
    cycle = await one.once(lambda look: told.append(look.observation.subject))
    assert isinstance(one.ledger, PaperLedger) and isinstance(one.series, PaperSeries)
    kept = [kept for kept in one.ledger.seen if kept.subject != OBSERVER]
    assert set(kept) == {kept for look in cycle.looks for kept in (look.observation, *look.radios)}
    assert len(kept) == len(set(kept)), "nothing is kept twice"
    assert len(told) == len(example_city.devices)
    assert {o.reach for o in one.ledger.seen} == {timedelta(seconds=75)}
    assert {o.evidence for o in kept if o.subject.startswith("device:")} == {"sysUpTime 42 s"}
    [rows] = one.series.rows
    assert rows == {device.id: {"sysUpTime": 4200.0} for device in example_city.devices}
    counts = {state: count for state, count in cycle.counts.items() if count}
    assert counts == {State.UP: len(example_city.devices) + 1}


async def test_what_its_radios_do_is_kept_beside_an_access_point_and_counted_nowhere(
    example_city: City, paper_inventory: Inventory
) -> None:
    client = PaperClient(
        {"ap-0001": FREE_AT_2_4_GHZ, "ap-0002": NoAnswer("no answer"), "ap-0003": BadAgent("nonsense")}
    )
    one = poller(example_city, paper_inventory, client)
    cycle = await one.once()
    assert isinstance(one.ledger, PaperLedger)
    kept = {o.subject: (o.state, o.cause) for o in one.ledger.seen if o.subject.startswith("radio:")}
    assert set(kept) == {f"radio:{ap.id}/{radio.band}" for ap in example_city.access_points for radio in ap.radios}
    assert kept["radio:ap-0001/2.4GHz"] == (State.UP, "")
    assert kept["radio:ap-0001/5GHz"] == (State.DOWN, "it is shut")
    assert kept["radio:ap-0002/5GHz"] == (State.DOWN, "no answer")
    assert kept["radio:ap-0003/5GHz"] == (State.UNKNOWN, "nonsense")
    assert kept["radio:ap-0004/5GHz"][0] is State.UNKNOWN, "it is up, and showed nothing of its radios"
    assert sum(cycle.counts.values()) == len(example_city.devices) + 1
    assert "radio" not in " ".join(seen(cycle))


async def test_devices_are_kept_while_the_clouds_are_still_asked(
    example_city: City, paper_inventory: Inventory
) -> None:
    kept, answer = Event(), Event()

    @dataclass
    class Watched(PaperLedger):
        def observe(self, observations: Iterable[Observation]) -> None:
            super().observe(observations)
            kept.set()

    class Slow(PaperProbe):
        def observe(self, at: datetime, reach: timedelta) -> Sequence[Observation]:
            assert kept.wait(30), "the devices are kept before this ends"
            answer.set()
            return super().observe(at, reach)

    ledger = Watched()
    await replace(poller(example_city, paper_inventory), ledger=ledger, probe=Slow()).once()
    assert answer.is_set()
    assert ledger.seen[-1].subject == "service:portal"


async def test_services_are_kept_while_devices_are_still_read(example_city: City, paper_inventory: Inventory) -> None:
    kept = asyncio.Event()

    @dataclass
    class Watched(PaperLedger):
        def observe(self, observations: Iterable[Observation]) -> None:
            super().observe(observations)
            kept.set()

    class Slow(PaperClient):
        async def read(self, endpoint: Endpoint, question: Question) -> Answers:
            await asyncio.wait_for(kept.wait(), 30)
            return await super().read(endpoint, question)

    ledger = Watched()
    cycle = await replace(poller(example_city, paper_inventory, Slow()), ledger=ledger).once()
    assert ledger.seen[0].subject == "service:portal"
    assert set(seen(cycle).values()) == {(State.UP, "")}, "no device waited in vain"


async def test_services_that_cannot_be_kept_are_told_after_the_devices_were(
    example_city: City, paper_inventory: Inventory
) -> None:
    @dataclass
    class Locked(PaperLedger):
        def observe(self, observations: Iterable[Observation]) -> None:
            found = list(observations)
            if found[0].subject == "service:portal":
                raise Failed("the ledger", "somebody locks it", "Wait.")
            super().observe(found)

    ledger = Locked()
    with pytest.raises(Failed, match="somebody locks it"):
        await replace(poller(example_city, paper_inventory), ledger=ledger).once()
    assert {f"device:{device.id}" for device in example_city.devices} <= {kept.subject for kept in ledger.seen}


@pytest.mark.slow
async def test_clouds_that_take_too_long_delay_no_device_and_are_asked_once(
    example_city: City, paper_inventory: Inventory, caplog: pytest.LogCaptureFixture
) -> None:
    answer, asked = Event(), list[datetime]()

    class Hanging(PaperProbe):
        def observe(self, at: datetime, reach: timedelta) -> Sequence[Observation]:
            asked.append(at)
            assert answer.wait(30)
            return super().observe(at, reach)

    ledger = PaperLedger()
    hasty = replace(
        poller(example_city, paper_inventory), ledger=ledger, probe=Hanging(), interval=timedelta(milliseconds=100)
    )
    first, second = await hasty.once(), await hasty.once()
    assert len(asked) == 1 and "service:portal" not in {**seen(first), **seen(second)}
    assert caplog.text.count("the clouds have not answered in time") == 2
    assert len(first.looks) == len(second.looks) == len(example_city.devices)
    answer.set()
    third = await replace(hasty, interval=timedelta(seconds=60)).once()
    assert seen(third)["service:portal"] == (State.UP, "")
    assert [kept.subject for kept in ledger.seen].count("service:portal") == 1


async def test_it_looks_again_until_told_to_stop(example_city: City, paper_inventory: Inventory) -> None:
    client, stop, cycles = PaperClient(), asyncio.Event(), 0
    one = poller(example_city, paper_inventory, client)

    def count(_: Cycle) -> None:
        nonlocal cycles
        cycles += 1
        if cycles == 3:
            stop.set()

    quick = Poller(
        city=one.city,
        inventory=one.inventory,
        client=client,
        ledger=one.ledger,
        series=one.series,
        clock=one.clock,
        interval=timedelta(milliseconds=20),
    )
    await asyncio.wait_for(quick.run(stop, count), 60)
    assert cycles == 3
    assert not client.doubled, "no device is asked twice at once"


async def test_what_cannot_be_kept_is_told_after_the_rest_was(example_city: City, paper_inventory: Inventory) -> None:
    @dataclass
    class Full(PaperLedger):
        def observe(self, observations: Iterable[Observation]) -> None:
            found = list(observations)
            if found[0].subject != "service:portal":
                raise Failed("the ledger", "its disk is full", "Make room.")
            super().observe(found)

    ledger, series = Full(), PaperSeries()
    one = replace(poller(example_city, paper_inventory), ledger=ledger, series=series)
    with pytest.raises(Failed, match="its disk is full"):
        await one.once()
    assert series.rows and [kept.subject for kept in ledger.seen] == ["service:portal"]


async def test_when_all_fall_silent_at_once_the_observer_suspects_itself_until_it_hears_them_again(
    example_city: City, paper_inventory: Inventory
) -> None:
    silence = {device.id: NoAnswer("no answer") for device in example_city.devices}
    one = poller(example_city, paper_inventory)
    assert isinstance(one.ledger, PaperLedger)
    assert not (await one.once()).hears_nobody
    one.client.answers = silence  # type: ignore[attr-defined] # a PaperClient's
    for _ in range(2):
        cycle = await one.once()
        assert cycle.hears_nobody and cycle.counts[State.DOWN] == 0
        states = {(seen.state, seen.cause) for seen in one.ledger.seen[-40:] if not seen.subject.startswith("service")}
        assert (State.UNKNOWN, HEARS_NOBODY) in states
    one.client.answers = {}  # type: ignore[attr-defined] # a PaperClient's
    assert not (await one.once()).hears_nobody
    told = [(seen.state, seen.cause) for seen in one.ledger.seen if seen.subject == OBSERVER]
    deaf = (State.UNKNOWN, HEARS_NOBODY)
    assert told == [(State.UP, ""), deaf, deaf, (State.UP, "")]


@dataclass
class PaperCanary:
    name: str
    answered: list[bool | Exception | None]
    """Of each time that it is asked, the last one for ever."""

    async def answers(self) -> bool | None:
        said = self.answered.pop(0) if len(self.answered) > 1 else self.answered[0]
        if isinstance(said, Exception):
            raise said
        return said


@pytest.mark.parametrize(
    ("gateway", "state"),
    [
        pytest.param([True, True], State.DOWN, id="it answers: the device is down"),
        pytest.param([True, False, False], State.UNKNOWN, id="it is silent: who knows"),
        pytest.param([True, True, False], State.UNKNOWN, id="it falls silent during the cycle"),
        pytest.param([True, False, True], State.UNKNOWN, id="it was silent during the cycle"),
        pytest.param([False], State.DOWN, id="it never answered: it proves nothing"),
        pytest.param([True, OSError("ours")], State.DOWN, id="it cannot be asked"),
    ],
)
async def test_a_device_is_down_only_where_the_observers_own_gateway_answers(
    example_city: City, paper_inventory: Inventory, gateway: list[bool | Exception | None], state: State
) -> None:
    one = replace(poller(example_city, paper_inventory), canaries=[PaperCanary("gateway", list(gateway))])
    assert isinstance(one.ledger, PaperLedger)
    await one.once()
    device = example_city.devices[-1].id
    one.client.answers = {device: NoAnswer("no answer")}  # type: ignore[attr-defined] # a PaperClient's
    cycle = await one.once()
    assert (seen(cycle)[f"device:{device}"][0], cycle.hears_nobody) == (state, state is State.UNKNOWN)
    told = {kept.subject: kept.state for kept in one.ledger.seen}
    assert told[OBSERVER] is (State.UNKNOWN if state is State.UNKNOWN else State.UP)
    never = gateway == [False]
    assert told[f"{CANARY}gateway"] is (State.UNKNOWN if never else State.DOWN if state is State.UNKNOWN else State.UP)


async def test_a_canary_that_is_not_there_is_not_told_of(example_city: City, paper_inventory: Inventory) -> None:
    one = replace(poller(example_city, paper_inventory), canaries=[PaperCanary("gateway", [None])])
    assert isinstance(one.ledger, PaperLedger)
    await one.once()
    assert not [kept for kept in one.ledger.seen if kept.subject.startswith(CANARY)]


@pytest.mark.parametrize("trouble", [Failed("the ledger", "its disk is full", "Make room."), ZeroDivisionError("ours")])
async def test_a_cycle_that_is_lost_is_logged_and_the_next_one_comes(
    example_city: City, paper_inventory: Inventory, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    @dataclass
    class Troubled(PaperLedger):
        left: int = 2  # it is told of the devices in each of two cycles

        def observe(self, observations: Iterable[Observation]) -> None:
            self.left -= 1
            if self.left >= 0:
                raise trouble
            super().observe(observations)

    stop, ledger = asyncio.Event(), Troubled()
    one = replace(poller(example_city, paper_inventory), ledger=ledger, interval=timedelta(milliseconds=20), probe=None)
    await asyncio.wait_for(one.run(stop, lambda _: stop.set()), 60)
    assert len([record for record in caplog.records if str(trouble) in record.getMessage()]) == 2
    assert len(ledger.seen) >= len(example_city.devices)


async def test_looks_are_spread_over_a_part_of_the_interval(
    example_city: City, paper_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each device has a moment of its own, which it waits for before it is asked."""
    sleep, waited, client = asyncio.sleep, list[float](), PaperClient()

    async def noted(seconds: float) -> None:
        if seconds:
            assert not client.asking
            waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    await poller(example_city, paper_inventory, client).once(spread=timedelta(seconds=30))
    moments = [phase(device.id) for device in example_city.devices]
    assert sorted(waited) == pytest.approx(sorted(30 * moment for moment in moments))
    assert max(moments) - min(moments) > 0.5


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(1.0, 60.0, id="in time"),
        pytest.param(59.0, 60.0, id="just in time"),
        pytest.param(61.0, 120.0, id="one turn was missed"),
        pytest.param(200.0, 240.0, id="missed turns are left out"),
        pytest.param(-5.0, 60.0, id="before it is due"),
    ],
)
def test_turns(now: float, expected: float) -> None:
    assert next_turn(0.0, now, 60.0) == expected


def test_the_clouds_word_on_a_probed_service_is_at_hand(example_city: City, paper_inventory: Inventory) -> None:
    one = poller(example_city, paper_inventory)
    assert replace(one, probe=PaperProbe()).members_out("portal", NOON) == "portal lacks one at 12:00"
    assert replace(one, probe=None).members_out("portal", NOON) == ""
