"""Who falls silent, and who is suspected for it."""

from pathlib import Path

import pytest

from city.load import load
from monitoring.ledger.intervals import State
from monitoring.observer import FEWEST_PARTS, Observer, part

CITY = load(Path(__file__).parents[2] / "cities" / "thessaloniki")
PARTS = sorted({part(device) for device in CITY.devices})


def hears_nobody(observer: Observer, silent: set[str], only: set[str] | None = None) -> bool:
    """After a cycle in which these parts are silent and all others answer."""
    asked = [device for device in CITY.devices if only is None or part(device) in only]
    return observer.hears_nobody((one, State.DOWN if part(one) in silent else State.UP) for one in asked)


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        pytest.param(0, False, id="nobody"),
        pytest.param(1, False, id="one part"),
        pytest.param(len(PARTS) // 2, False, id="half of them"),
        pytest.param(len(PARTS) // 2 + 1, True, id="more than half"),
        pytest.param(len(PARTS), True, id="all"),
    ],
)
def test_a_sudden_silence_of_more_than_the_share_is_suspicion_of_ourselves(silent: int, expected: bool) -> None:  # noqa: FBT001 - a table's column
    observer = Observer()
    assert not hears_nobody(observer, set())
    assert hears_nobody(observer, set(PARTS[:silent])) is expected


def test_a_silence_that_grows_slowly_is_the_devices() -> None:
    observer, step = Observer(), max(1, len(PARTS) // 4)
    for count in range(0, len(PARTS) - step, step):
        assert not hears_nobody(observer, set(PARTS[:count]))


def test_who_never_heard_anybody_suspects_itself_where_several_parts_are_silent() -> None:
    assert hears_nobody(Observer(), set(PARTS), set(PARTS[:FEWEST_PARTS]))
    assert not hears_nobody(Observer(), set(PARTS), set(PARTS[: FEWEST_PARTS - 1])), "one cable explains them"


def test_one_switch_and_all_behind_it_are_one_part() -> None:
    largest = max(PARTS, key=lambda one: sum(part(device) == one for device in CITY.devices))
    observer = Observer(doubt_above=0.0)
    few = {largest, *PARTS[:2]} if largest not in PARTS[:2] else set(PARTS[:3])
    assert not hears_nobody(observer, set(), few)
    assert hears_nobody(observer, {largest}, few), "any silence is above no share at all"
    assert not hears_nobody(Observer(), {largest})


GATEWAY, CLOUDS = "gateway", "control-plane"


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        pytest.param((True, True), (False, False), True, id="all who answered are silent"),
        pytest.param((True, True), (False, True), False, id="one of them answers"),
        pytest.param((True, True), (True, True), False, id="both answer"),
        pytest.param((True, False), (False, False), True, id="who never answered is not asked for"),
        pytest.param((False, False), (False, False), False, id="nobody ever answered"),
        pytest.param((True, None), (None, None), False, id="nobody is there to be asked"),
    ],
)
def test_where_nobody_near_answers_any_more_a_silent_device_is_suspicion_of_ourselves(
    first: tuple[bool | None, ...],
    then: tuple[bool | None, ...],
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    observer = Observer()
    observer.near(dict(zip((GATEWAY, CLOUDS), first, strict=True)))
    near = observer.near(dict(zip((GATEWAY, CLOUDS), then, strict=True))).values()
    looks = [(device, State.DOWN if device is CITY.devices[0] else State.UP) for device in CITY.devices]
    assert observer.hears_nobody(looks, near) is expected
    assert not observer.hears_nobody([(device, State.UP) for device in CITY.devices], near), "all are heard"


def test_the_share_that_is_suspicious_is_the_citys() -> None:
    assert hears_after(Observer(doubt_above=0.2), silent=len(PARTS) // 4)
    assert not hears_after(Observer(doubt_above=0.3), silent=len(PARTS) // 4)


def hears_after(observer: Observer, silent: int) -> bool:
    assert not hears_nobody(observer, set())
    return hears_nobody(observer, set(PARTS[:silent]))
