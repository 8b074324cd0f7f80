from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from asty import lab_access, polling, workspace
from city.clock import SystemClock
from city.inventory import Endpoint, Inventory
from city.located import Node, Place
from city.model.city import City
from city.model.probing import HERE
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.look import Look
from monitoring.poller import Cycle, Poller
from monitoring.series.store import ParquetSeries
from monitoring.snmp.client import Answers, NoAnswer, Question
from tests.monitoring.newest_rows import by_device
from tests.monitoring.paper_servers import saying

AT = datetime(2030, 3, 31, 12, tzinfo=UTC)


def looked(subject: str, state: State, cause: str = "") -> Look:
    return Look(observation=Observation(subject=subject, at=AT, state=state, reach=timedelta(seconds=150), cause=cause))


CYCLE = Cycle(
    start=AT,
    end=AT + timedelta(seconds=0.44),
    looks=(
        looked("device:ap-1", State.UP),
        looked("device:ap-2", State.DOWN, "no answer"),
        looked("service:jobs", State.UNKNOWN, "no workload"),
    ),
)


def test_lines_name_what_is_not_up_and_count_the_rest() -> None:
    assert polling.lines(CYCLE) == [
        "down     device:ap-2: no answer",
        "unknown  service:jobs: no workload",
        "2030-03-31 12:00:00 UTC: 1 up, 1 down, 1 unknown (0.4 s)",
    ]


def test_keys_are_stable() -> None:
    found = polling.as_json(CYCLE)
    assert list(found) == ["start", "end", "counts", "subjects"]
    assert found["counts"] == {"up": 1, "degraded": 0, "down": 1, "unknown": 1}
    assert found["subjects"][1] == {"subject": "device:ap-2", "state": "down", "cause": "no answer"}


def test_loopback_devices_are_asked_from_where_nobody_else_comes(paper_inventory: Inventory) -> None:
    assert lab_access.source(paper_inventory) == "127.0.0.1"
    first, endpoint = next(iter(paper_inventory.items()))
    street = {**paper_inventory, first: replace(endpoint, address=IPv4Address("10.20.0.10"))}
    assert lab_access.source(street) == "", "a device in the street is asked from whichever address leads there"


class NoClient:
    """Nobody answers; nothing is open."""

    async def read(self, endpoint: Endpoint, question: Question) -> Answers:
        raise NoAnswer(f"{endpoint.device} says nothing to {len(question.scalars)} questions")

    async def close(self) -> None:
        """Nothing is open."""


def probing(example_city: City, declared: str) -> City:
    """The job platform, which is in no cloud, declares a probe, and no other service does."""
    place = Place(example_city.folder / "services.yaml", 1)
    fields = {key: Node(place, value) for key, value in (part.split(": ") for part in declared.split(", "))}
    jobs = replace(example_city.service("job-platform"), probe=Node(place, fields))
    others = (replace(one, probe=None) for one in example_city.services if one.id != "job-platform")
    soon = replace(example_city.probing, again=timedelta(), points=(HERE,))
    return replace(example_city, services=(*others, jobs), probing=soon)


async def test_a_service_that_declares_a_probe_is_kept_as_a_client_sees_it(example_city: City, tmp_path: Path) -> None:
    async with saying(b"SSH-2.0-x\r\n") as port:
        city = probing(example_city, f"tcp: {port}, host: 127.0.0.1, banner: SSH")
        with Ledger(tmp_path / "ledger.sqlite", city.id) as ledger, ParquetSeries(tmp_path / "series") as series:
            poller = Poller(
                city=city, inventory={}, client=NoClient(), ledger=ledger, series=series, clock=SystemClock()
            )
            async with aclosing(polling.prober(workspace.find({"XDG_STATE_HOME": str(tmp_path)}), poller)) as asking:
                first = await asking.once()
            newest = by_device(series.latest(datetime.now(UTC) - timedelta(minutes=1)))
            assert ledger.state_at("service:job-platform", datetime.now(UTC)) is State.UP
    assert [(seen.subject, seen.state, seen.evidence.partition(",")[0]) for seen in first] == [
        ("service:job-platform", State.UP, "tcp here: connected to 127.0.0.1")
    ]
    assert newest["service:job-platform@here"][1]["probeSuccess"] == 1.0


async def test_a_probe_that_is_refused_twice_is_an_outage(example_city: City, tmp_path: Path) -> None:
    async with saying(b"") as port:
        city = probing(example_city, f"tcp: {port}, host: 127.0.0.1")
    with Ledger(tmp_path / "ledger.sqlite", city.id) as ledger, ParquetSeries(tmp_path / "series") as series:
        poller = Poller(city=city, inventory={}, client=NoClient(), ledger=ledger, series=series, clock=SystemClock())
        async with aclosing(polling.prober(workspace.find({"XDG_STATE_HOME": str(tmp_path)}), poller)) as asking:
            seen = await asking.once()
        assert ledger.state_at("service:job-platform", datetime.now(UTC)) is State.DOWN
    assert [(one.state, one.cause) for one in seen] == [(State.DOWN, "it refuses connections from here")]
