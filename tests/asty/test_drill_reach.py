"""One look at both sites serves all who wait for it, and none who would be told what is over."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from asty import databases, drill_reach, gathering, lab_access, vaults
from asty.drill_reach import Fresh
from tests.drs.twins import city


class Clock:
    """Seconds pass where a test says so; `asked` is set at each question."""

    def __init__(self) -> None:
        self.now, self.asked = 100.0, 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(drill_reach, "monotonic", made)
    for module in (databases, vaults):
        monkeypatch.setattr(module, "of_lab", lambda *_: "asked too")
    for name in ("project", "params"):
        monkeypatch.setattr(lab_access, name, lambda *_: SimpleNamespace(clouds_yaml=Path("clouds.yaml")))
    monkeypatch.setattr(gathering, "evidence", lambda *_: ())
    monkeypatch.setattr(gathering, "views", lambda *_: ())
    return made


def fresh() -> Fresh:
    call: Any = SimpleNamespace(prepared=lambda: None, screen=SimpleNamespace(line=print))
    return Fresh(call, city())


def test_a_look_serves_for_a_few_seconds_and_never_after_something_was_done(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(range(9))
    asked: list[bool] = []

    def observe(*told: object) -> int:
        asked.append(told[-1] is not None)
        return next(looks)

    monkeypatch.setattr(gathering, "observe", observe)
    look = fresh()
    told: list[Any] = [look()]
    for later in (4, 2, 1):
        clock.now += later
        told.append(look())
    clock.now += 1
    look.forget()
    clock.now += 0.1
    told += [look.recall(), look(), look()]
    assert told == [0, 0, 1, 1, 1, 2, 2]
    assert asked == [True, True, False], "once something was done, steps ask databases and vaults themselves"


def test_of_a_slow_cloud_no_more_than_half_the_time_is_asked(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done; whoever waits for a minute's look asks again each second."""
    looks = list[int]()

    def observe(*_: object) -> int:
        looks.append(len(looks))
        clock.now += 60
        return looks[-1]

    monkeypatch.setattr(gathering, "observe", observe)
    look = fresh()
    told: list[Any] = [look()]
    while len(looks) < 3:
        clock.now += 1
        told.append(look())
    assert told[:60] == [0] * 60 and told[61:121] == [1] * 60

    clock.now += 1
    look.forget()
    clock.now += 1
    answer: Any = look()
    assert answer == 3, "what was seen before something was done is not what is now"


@pytest.mark.parametrize(
    ("done_before", "done_after", "looks"),
    [
        pytest.param(False, False, 1, id="nothing was done"),
        pytest.param(True, False, 2, id="done before he asked, and after they began"),
        pytest.param(False, True, 2, id="done since they began: they may have looked before it"),
    ],
)
def test_who_waits_while_others_look_takes_what_they_see_unless_something_was_done_since_they_began(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, *, done_before: bool, done_after: bool, looks: int
) -> None:
    begun, may_end, found = Event(), Event(), list[int]()

    def observe(*_: object) -> int:
        found.append(len(found))
        begun.set()
        assert may_end.wait(30)
        return found[-1]

    monkeypatch.setattr(gathering, "observe", observe)
    look = fresh()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(look)
        assert begun.wait(30)
        clock.now += 1
        if done_before:
            look.forget()
        asked = clock.asked
        clock.now += 1
        second = pool.submit(look)
        while clock.asked == asked:
            pass
        clock.now += 60
        if done_after:
            look.forget()
        may_end.set()
        first.result(30)
        second.result(30)
    assert len(found) == looks


def test_a_look_that_began_after_the_question_answers_it_whatever_others_did_since(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three ask while one looks and a step is done: one more look answers them all, though steps go on being done."""
    begun, may_end, found = Event(), Event(), list[int]()
    look = fresh()

    def observe(*_: object) -> int:
        found.append(len(found))
        clock.now += 1
        if len(found) > 1:
            look.forget()
        begun.set()
        assert may_end.wait(30)
        return found[-1]

    monkeypatch.setattr(gathering, "observe", observe)
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(look)]
        assert begun.wait(30)
        look.forget()
        clock.now += 1
        asked = clock.asked
        told += [pool.submit(look) for _ in range(3)]
        while clock.asked < asked + 3:
            pass
        clock.now += 1
        may_end.set()
        answers: list[object] = [one.result(30) for one in told]
        assert answers == [0, 1, 1, 1]


def test_who_recalls_while_the_first_look_is_made_takes_it_whatever_was_done_since(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, found = Event(), Event(), list[int]()

    def observe(*_: object) -> int:
        found.append(len(found))
        clock.now += 60
        begun.set()
        assert may_end.wait(30)
        return found[-1]

    monkeypatch.setattr(gathering, "observe", observe)
    look = fresh()
    with ThreadPoolExecutor(3) as pool:
        told = [pool.submit(look.recall)]
        assert begun.wait(30)
        told += [pool.submit(look.recall) for _ in range(2)]
        look.forget()
        may_end.set()
        answers: list[object] = [one.result(30) for one in told]
    assert answers == [0, 0, 0] and len(found) == 1
