from pathlib import Path

from tests.docs.architecture import FLOORS, PICTURE, draw, survey


def test_the_picture_shows_the_imports_of_today() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(survey()), "run `make docs` and look at what changed"


def test_arrows_only_point_down() -> None:
    floor_of = {room: level for level, floor in enumerate(FLOORS) for room in floor}
    wrong = [arrow for arrow in survey().arrows if floor_of[arrow[0]] >= floor_of[arrow[1]]]
    assert not wrong


def test_a_new_import_changes_the_picture(tmp_path: Path) -> None:
    for room in (room for floor in FLOORS for room in floor):
        (tmp_path / room).mkdir()
    (tmp_path / "infra" / "stacks.py").write_text("import json\n")
    before = draw(survey(tmp_path))
    (tmp_path / "infra" / "stacks.py").write_text("from city.outcome import Outcome\n")
    after = survey(tmp_path)
    assert after.arrows == (("infra", "city"),)
    assert draw(after) != before
