"""Work on many devices at the same time, and its end when somebody interrupts."""

from collections.abc import Callable
from threading import Event

import pytest

from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome
from network import at_once as module
from network.at_once import at_once
from network.journal import Journal
from network.plan import plan
from network.push import push
from tests.network.paper import LIMITS, PaperTransport, paper_devices


@pytest.fixture
def graces(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait for what had begun when somebody interrupted, in seconds; none of them is waited for."""
    found: list[float] = []
    monkeypatch.setattr(module, "wait", lambda _begun, grace_s: found.append(grace_s))
    return found


def interrupts(*_: object) -> None:
    raise KeyboardInterrupt


def until_stopped(stop: Event, ended: list[str], going_on: Event | None = None) -> Callable[[], str]:
    def work() -> str:
        if going_on:
            going_on.set()
        assert stop.wait(60), "nobody stopped it"
        ended.append("stopped")
        return "stopped"

    return work


def test_what_became_of_each_is_told_and_returned() -> None:
    told: dict[str, int] = {}
    found = at_once({"a": lambda: 1, "b": lambda: 2}, 2, told.__setitem__, Event())
    assert found == told == {"a": 1, "b": 2}


@pytest.mark.parametrize(("grace_s", "waited"), [(0.0, []), (0.25, [0.25])])
def test_an_interrupt_ends_what_has_begun_after_the_grace_and_begins_nothing_more(
    graces: list[float], grace_s: float, waited: list[float]
) -> None:
    stop, ended, begun, going_on = Event(), list[str](), list[str](), Event()

    def done() -> str:
        assert going_on.wait(60)
        return "done"

    first = {"first": done, "goes on": until_stopped(stop, ended, going_on)}
    others = {f"later {number}": until_stopped(stop, begun) for number in range(20)}
    with pytest.raises(KeyboardInterrupt):
        at_once({**first, **others}, 2, interrupts, stop, grace_s)
    assert (graces, ended, stop.is_set()) == (waited, ["stopped"], True)
    assert len(begun) <= 1, "the thread that was free took one more before the interrupt"


def test_what_goes_wrong_in_one_is_raised_and_ends_the_others() -> None:
    stop, ended = Event(), list[str]()

    def breaks() -> str:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        at_once({"a": until_stopped(stop, ended), "b": breaks}, 2, lambda *_: None, stop)
    assert ended == ["stopped"]


def test_looking_at_devices_is_interrupted_at_once_and_a_push_after_a_moment(
    graces: list[float], example_city: City, paper_inventory: Inventory, journal: Journal
) -> None:
    transport = PaperTransport(paper_devices(example_city))

    def interrupted(_: Outcome) -> None:
        raise KeyboardInterrupt

    planned = plan(example_city, example_city.devices, paper_inventory, transport=transport, limits=LIMITS)
    with pytest.raises(KeyboardInterrupt):
        plan(
            example_city,
            example_city.devices,
            paper_inventory,
            transport=transport,
            limits=LIMITS,
            on_outcome=interrupted,
        )
    assert graces == []
    with pytest.raises(KeyboardInterrupt):
        push(planned, paper_inventory, transport=transport, journal=journal, limits=LIMITS, on_outcome=interrupted)
    assert len(graces) == 1 and 0 < graces[0] <= 1
