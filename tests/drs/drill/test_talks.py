"""That a plan was talked through is kept so that nobody changes it without trace."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.errors import InvalidInput
from drs.drill.journal import Tampered
from drs.drill.talks import Talk, add, file_of, read

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
ONE = Talk(at=NOW, by="μαρία", persons=("μαρία", "nikos"), plan="ab" * 32, note="the door code was missing")
TWO = replace(ONE, at=NOW + timedelta(days=90), note="none")


@pytest.fixture
def drills(tmp_path: Path) -> Path:
    folder = tmp_path / "drills"
    add(folder, ONE)
    add(folder, TWO)
    return folder


def test_what_was_written_down_is_read_again(drills: Path, tmp_path: Path) -> None:
    assert read(drills) == (ONE, TWO)
    assert read(tmp_path / "elsewhere") == ()


def test_a_talk_is_between_two(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="fewer than two"):
        add(tmp_path, replace(ONE, persons=("maria", "maria")))
    assert not file_of(tmp_path).exists()


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        pytest.param(lambda text: text.replace("door code", "key"), 2, id="a word of the first line is another"),
        pytest.param(lambda text: text.partition("\n")[2], 1, id="the first line is gone"),
        pytest.param(lambda text: text + "{}\n", 3, id="a line without what a talk has"),
        pytest.param(lambda text: text.replace("+00:00", "", 1), 1, id="a moment without a zone"),
        pytest.param(lambda text: text + "[]\n", 3, id="a line of another shape"),
        pytest.param(lambda text: text + '{"at": "20', 3, id="half a line"),
    ],
)
def test_a_change_is_named_by_its_line_and_nothing_is_added(drills: Path, spoil: object, line: int) -> None:
    path = file_of(drills)
    changed = spoil(path.read_text(encoding="utf-8"))  # type: ignore[operator]  # a function of text
    path.write_text(changed, encoding="utf-8")
    for attempt in (lambda: read(drills), lambda: add(drills, TWO)):
        with pytest.raises(Tampered, match=f"exercises.jsonl:{line}"):
            attempt()
    assert path.read_text(encoding="utf-8") == changed


def test_each_line_is_plain_json(drills: Path) -> None:
    first, second = (json.loads(line) for line in file_of(drills).read_text(encoding="utf-8").splitlines())
    assert (first["before"], len(second["before"]), first["persons"]) == ("0" * 64, 64, ["μαρία", "nikos"])
