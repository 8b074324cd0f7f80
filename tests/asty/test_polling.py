from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from asty import lab_access, polling
from city.inventory import Inventory
from monitoring.ledger.intervals import Observation, State
from monitoring.look import Look
from monitoring.poller import Cycle

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
