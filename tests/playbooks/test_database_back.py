"""A database is taken to a point and back again: whoever does it may be killed before any of its steps."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.files import ROLES, Program, program

POINT = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Killed(BaseException):
    """Before a step; what was done stays."""


class Host:
    """The volume of one, with the data of today and a good copy of POINT in quarantine."""

    def __init__(self, back: Program, volume: Path) -> None:
        self.back, self.volume = back, volume
        for name in ("postgresql/main", "copies/base/20261129T090000Z", "copies/log", "quarantine/main"):
            (volume / name).mkdir(parents=True)
        for name, text in (("postgresql/main/is", "today"), ("quarantine/main/is", "the point")):
            (volume / name).write_text(text)
        (volume / "copies/told.json").write_text('{"of": "today"}')
        told = {"good": True, "point": POINT.isoformat(), "rows": {}, "last_change": None}
        (volume / "quarantine/told.json").write_text(json.dumps(told))
        back.say(point=POINT.isoformat(), phase="asked", stamp="", past="", meanwhile="")

    @property
    def serves(self) -> str:
        return (self.volume / "postgresql/main/is").read_text()

    @property
    def phase(self) -> str:
        return str(self.back.state()["phase"])

    @property
    def copies(self) -> str:
        """Of which data the copies are that are kept now."""
        told = self.volume / "copies/told.json"
        return str(json.loads(told.read_text())["of"]) if told.exists() else "nothing yet"

    def pasts(self) -> list[str]:
        """Of which data each past has copies."""
        found = (folder / "told.json" for folder in sorted((self.volume / "copies").glob("until-*")))
        return [json.loads(told.read_text())["of"] for told in found if told.exists()]

    def keeper_works(self) -> None:
        """As after a take: new copies begin."""
        self.back.Repository(self.volume / "copies").make()
        (self.volume / "copies/told.json").write_text('{"of": "the point"}')


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], Host]:
    monkeypatch.syspath_prepend(str(ROLES / "database" / "files"))
    back = program("database", "back")
    monkeypatch.setattr(back, "control", lambda *_: None)
    monkeypatch.setattr(back, "handed_over", lambda main: (main / "standby.signal").touch())
    count = 0

    def make() -> Host:
        nonlocal count
        count += 1
        volume = tmp_path / str(count)
        for name, place in (
            ("COPIES", "copies"),
            ("CLUSTERS", "postgresql"),
            ("QUARANTINE", "quarantine"),
            ("STATE", "back.json"),
        ):
            monkeypatch.setattr(back, name, volume / place)
        volume.mkdir()
        return Host(back, volume)

    return make


@contextmanager
def killed_before(step: int) -> Iterator[list[str]]:
    """At that one of the steps that change something. Yields those that were taken."""
    taken: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("rename", "replace", "rmdir", "mkdir"):
            patch.setattr(Path, name, _counted(name, getattr(Path, name), taken, step))
        with suppress(Killed):
            yield taken


def _counted(name: str, real: Callable[..., Any], taken: list[str], step: int) -> Callable[..., Any]:
    def counted(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the real one
        if len(taken) == step:
            raise Killed
        taken.append(name)
        return real(*args, **more)

    return counted


def every_kill(host: Callable[[], Host], begin: Callable[[Host], None], act: Callable[[Host], None]) -> Iterator[Host]:
    """A host for each step before which `act` can be killed, then one on which it was not."""
    for step in range(100):
        one = host()
        begin(one)
        with killed_before(step) as taken:
            act(one)
        yield one
        if len(taken) < step:
            assert step > 3, "something was counted"
            return
    raise AssertionError("it never ends")


def take(one: Host) -> None:
    one.back.take(POINT)


def undo(one: Host) -> None:
    one.back.undo()


def taken(one: Host) -> None:
    take(one)
    one.keeper_works()


def nothing(_one: Host) -> None:
    """Before the first step."""


def test_a_killed_take_goes_on_where_it_was(host: Callable[[], Host]) -> None:
    for one in every_kill(host, nothing, take):
        take(one)
        assert (one.serves, one.phase, one.copies, one.pasts()) == ("the point", "taken", "nothing yet", ["today"])
        (before,) = one.volume.glob("postgresql/main.before-*")
        assert (before / "is").read_text() == "today", "nothing is lost"


def test_a_killed_take_is_undone_from_wherever_it_was(host: Callable[[], Host]) -> None:
    for one in every_kill(host, nothing, take):
        undo(one)
        assert (one.serves, one.phase, one.copies, one.pasts()) == ("today", "undone", "today", [])


def test_a_killed_undo_goes_on_where_it_was(host: Callable[[], Host]) -> None:
    for one in every_kill(host, taken, undo):
        undo(one)
        assert (one.serves, one.phase, one.copies, one.pasts()) == ("today", "undone", "today", ["the point"])
        undo(one)
        assert one.copies == "today", "there is nothing left to undo"


def test_between_a_killed_undo_and_its_end_nothing_else_is_begun(host: Callable[[], Host]) -> None:
    refused = 0
    for one in every_kill(host, taken, undo):
        if one.phase == "undoing":
            refused += 1
            with pytest.raises(one.back.CannotError, match="undo once more"):
                one.back.begin(POINT)
            with pytest.raises(one.back.CannotError, match="undo once more"):
                one.back.take(POINT)
    assert refused > 3


def test_what_leads_by_now_is_not_undone(host: Callable[[], Host]) -> None:
    one = host()
    taken(one)
    (one.volume / "postgresql/main/standby.signal").unlink()
    with pytest.raises(one.back.CannotError, match="it leads by now"):
        undo(one)
    assert (one.serves, one.phase) == ("the point", "taken")


@pytest.mark.parametrize("word", ["2026-11-29", "yesterday", "2026-11-29T12:00:00"])
def test_a_point_without_a_time_of_the_world_is_refused(
    host: Callable[[], Host], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host().back.main(["begin", word]) == 1
    assert word in capsys.readouterr().err
