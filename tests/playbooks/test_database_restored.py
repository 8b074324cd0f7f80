"""What a test restore compares, and what makes it a good one."""

import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.playbooks.database import NOW, base, restorer
from tests.playbooks.files import Program


def test_a_restore_that_gives_the_same_rows_is_a_good_one_and_proves_its_base_copy(
    keeping: Program,
    repository: Program,
    tmp_path: Path,
) -> None:
    name = base(repository, NOW).name
    repository.tell(proven={"20200101T000000Z": "long ago"})
    with restorer(tmp_path, {"rows": {"public.marks": ["1", "5"]}, "base": name}) as asked:
        told = keeping.check()
    assert json.loads(asked[0]) == {"to": "0/5000028", "database": "portal"}
    assert (told["restore_good"], told["restore_problem"]) == (True, "")
    assert told["proven"] == {name: told["restored_to"]}, "of a copy that is gone nothing is known"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"problem": "there is no base copy yet"}, "no base copy"),
        ({"rows": {}, "base": "x"}, "public.marks"),
        ({"rows": {"public.marks": ["1", "6"]}, "base": "x"}, "public.marks"),
        ({"rows": {"public.marks": ["1", "5"], "public.more": ["0", "0"]}, "base": "x"}, "public.more"),
        ({"rows": 5, "base": "x"}, "can be read"),
        ([], "can be read"),
        (b"", "can be read"),
        (b"\xff{", "can be read"),
    ],
)
def test_a_restore_with_other_rows_or_without_a_plain_answer_is_a_bad_one(
    keeping: Program,
    tmp_path: Path,
    answer: object,
    problem: str,
) -> None:
    with restorer(tmp_path, answer):
        told = keeping.check()
    assert told["restore_good"] is False and problem in told["restore_problem"] and "proven" not in told


def test_where_nobody_restores_the_copies_are_not_known_to_be_good(keeping: Program) -> None:
    told = keeping.check()
    assert told["restore_good"] is False and "nobody restores" in told["restore_problem"]


def test_what_a_name_in_the_database_says_to_psql_is_not_done(
    modules: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement is an argument that psql hands on, and begins with a word of SQL."""
    names = ["public.marks", 'public."x\n\\! id\n"', 'public."\'; drop table a --"']
    asked: list[tuple[str, ...]] = []

    def ended(argv: tuple[str, ...]) -> Program:
        asked.append(argv)
        told = json.dumps(names)
        lines = [told] if len(asked) == 1 else ["0/1", "0/1", told, *["1|2"] * len(names)]
        return SimpleNamespace(returncode=0, stdout="".join(f"{line}\n" for line in lines), stderr="")

    monkeypatch.setattr(modules["restored"], "_ended", ended)
    _, rows = modules["restored"].Server(Path("/run"), "portal").rows()
    assert rows == {name: ["1", "2"] for name in names}
    given = [word for before, word in pairwise(asked[1]) if before == "-c"]
    assert len(given) == len(names) + 5 and all(word.split()[0] in {"select", "begin", "commit"} for word in given)


class Changing:
    """A psql whose database has other tables at each look: `looks` say what each session finds, place and tables.

    A session that asks for the rows of a table that is not there fails, as psql does with ON_ERROR_STOP."""

    def __init__(self, *looks: tuple[str, str, list[str]]) -> None:
        self.looks = list(looks)

    def ended(self, argv: tuple[str, ...]) -> Program:
        before, begun, names = self.looks.pop(0)
        statements = [word for flag, word in pairwise(argv) if flag == "-c"]
        asked = [name for one in statements if (name := one.partition(" from ")[2].removesuffix(" t")).startswith("s.")]
        if gone := set(asked) - set(names):
            return SimpleNamespace(returncode=3, stdout="", stderr=f"ERROR: {gone.pop()} does not exist")
        told = json.dumps(names)
        lines = [told] if len(statements) == 1 else [before, begun, told, *(f"{len(name)}|7" for name in asked)]
        return SimpleNamespace(returncode=0, stdout="".join(f"{line}\n" for line in lines), stderr="")


@pytest.mark.parametrize(
    ("looks", "wanted"),
    [
        ([("", "", ["s.a"]), ("0/1", "0/1", ["s.a"])], ("0/1", ["s.a"])),
        ([("", "", []), ("0/2", "0/2", [])], ("0/2", [])),
        ([("", "", ["s.a"]), ("0/1", "0/2", ["s.a"]), ("0/3", "0/3", ["s.a"])], ("0/3", ["s.a"])),
        ([("", "", ["s.a"]), ("0/2", "0/2", ["s.a", "s.b"]), ("0/2", "0/2", ["s.a", "s.b"])], ("0/2", ["s.a", "s.b"])),
        ([("", "", ["s.a", "s.b"]), ("", "", ["s.a"]), ("", "", ["s.a"]), ("0/4", "0/4", ["s.a"])], ("0/4", ["s.a"])),
    ],
    ids=["one", "none", "written", "added", "removed"],
)
def test_what_is_compared_is_one_snapshot_whatever_tables_come_and_go(
    modules: Program,
    monkeypatch: pytest.MonkeyPatch,
    looks: list[tuple[str, str, list[str]]],
    wanted: tuple[str, list[str]],
) -> None:
    psql = Changing(*looks)
    monkeypatch.setattr(modules["restored"], "_ended", psql.ended)
    at, rows = modules["restored"].Server(Path("/run"), "portal").rows()
    assert (at, rows) == (wanted[0], {name: [str(len(name)), "7"] for name in wanted[1]})
    assert psql.looks == []


def test_a_question_that_fails_though_no_table_went_is_told(modules: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    psql = Changing(("", "", ["s.a"]), ("", "", []), ("", "", ["s.a"]))
    monkeypatch.setattr(modules["restored"], "_ended", psql.ended)
    with pytest.raises(modules["restored"].BrokenError, match="does not exist"):
        modules["restored"].Server(Path("/run"), "portal").rows()


@pytest.mark.parametrize(
    ("at", "paused", "reached"),
    [("0/5000028", "not paused", True), ("0/4000100", "paused", True), ("0/4000100", "not paused", False)],
)
def test_a_copy_that_stands_before_the_first_place_of_a_segment_has_come_to_its_target(
    modules: Program,
    monkeypatch: pytest.MonkeyPatch,
    *,
    at: str,
    paused: str,
    reached: bool,
) -> None:
    """Of a database in which nothing was written since its last base copy, which ends a segment."""
    restored = modules["restored"]
    server = restored.Server(Path("/nowhere"), "portal")
    monkeypatch.setattr(restored, "until", lambda condition, _patience_s: condition())
    monkeypatch.setattr(restored.Server, "ask", lambda _, told: [paused if "pause_state" in told else at])
    monkeypatch.setattr(restored.Server, "rows", lambda _: ("", {"t": ["1"]}))
    if reached:
        assert restored.reached(server, "0/5000028") == {"t": ["1"]}
    else:
        with pytest.raises(restored.BrokenError, match="the log ends at"):
            restored.reached(server, "0/5000028")
