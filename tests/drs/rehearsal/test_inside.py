"""The program of a copy, with a database and an application made up here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drs.rehearsal import inside
from drs.rehearsal.told import Told, told_on

ASKED = {"token": "t1", "count": "COUNT", "patience_s": 1}


class World:
    """A database that follows, and an application before it."""

    def __init__(self, folder: Path) -> None:
        self.environment, self.console = folder / "service.env", folder / "console"
        self.environment.write_text('DATABASE="portal"\nDATABASE_HOSTS="198.18.0.5"\nPORT="443"\n', encoding="utf-8")
        self.recovering, self.takes, self.forgets, self.silent = True, True, False, 0
        self.marks: list[str] = []

    def ask(self, statement: str, database: str = "postgres") -> str:
        if self.silent:
            self.silent -= 1
            raise inside.NotYetError("the database system is starting up")
        if statement == "COUNT":
            assert database == "portal" and not self.recovering
            return json.dumps({"public.marks": len(self.marks)})
        if "pg_promote" in statement:
            self.recovering = False
            return "t"
        if "pg_control_system" in statement:
            return json.dumps({"recovering": self.recovering, "system": "77"})
        return "1" if self.recovering else "2"

    def call(self, _host: Mapping[str, str], method: str, path: str, body: str | None = None) -> tuple[int, Any]:
        if self.recovering or not self.takes:
            return 503, {"error": "no database takes writes"}
        if method == "POST" and body:
            self.marks.append(json.loads(body)["token"])
            return 201, {"number": 12, "token": self.marks[-1]}
        return 200, [] if self.forgets or "after=11" not in path else [{"number": 12, "token": self.marks[-1]}]

    def said(self) -> Told:
        inside.main(dict(ASKED))
        found = told_on(self.console.read_text(encoding="utf-8"), "t1")
        assert found is not None
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(inside, "ENVIRONMENT", made.environment)
    monkeypatch.setattr(inside, "CONSOLE", made.console)
    monkeypatch.setattr(inside, "ask", made.ask)
    monkeypatch.setattr(inside, "call", made.call)
    return made


def test_it_promotes_counts_writes_reads_back_and_says_so(world: World) -> None:
    world.silent = 2
    said = world.said()
    assert (said.system, said.timeline, said.followed, said.kept, said.problem) == ("77", 2, True, True, "")
    assert said.rows == {"public.marks": 0}, "counted before its own mark"
    assert world.marks == ["t1"]
    assert 0.4 <= said.database_s <= said.promoted_s <= said.written_s


def test_what_goes_wrong_is_said_with_what_was_reached(world: World) -> None:
    world.takes = False
    said = world.said()
    assert "the application is not ready: {'error': 'no database takes writes'}" in said.problem
    assert (said.timeline, said.kept) == (2, False)
    world.environment.write_text("PORT=", encoding="utf-8")
    world.recovering = True
    assert "KeyError" in world.said().problem


def test_a_mark_that_is_not_read_back_is_not_kept(world: World) -> None:
    world.forgets = True
    assert not world.said().kept


def test_a_host_that_is_told_nothing_of_itself_says_what_it_waits_for(world: World) -> None:
    world.environment.unlink()
    assert "service.env is not there" in world.said().problem
