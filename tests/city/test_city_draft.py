import shutil
from pathlib import Path

import pytest

from city.draft import draft, write_draft
from city.errors import Failed, InvalidCity
from city.load import load


@pytest.fixture
def folder(thessaloniki: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(thessaloniki, tmp_path / "city"))


def change_draft(folder: Path, old: str, new: str) -> None:
    path = folder / "draft.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_files_are_what_the_draft_gives(thessaloniki: Path) -> None:
    for name, text in draft(thessaloniki).items():
        assert (thessaloniki / name).read_text(encoding="utf-8") == text, f"{name} was changed by hand"


def test_another_seed_gives_another_city_that_is_valid(folder: Path) -> None:
    before = load(folder)
    change_draft(folder, "thessaloniki-1", "thessaloniki-2")
    assert {path.name for path in write_draft(folder)} == {"switches.csv", "access_points.csv", "sensors.csv"}
    after = load(folder)
    assert len(after.access_points) == len(before.access_points)
    assert after.access_points != before.access_points


def test_a_draft_that_is_wrong_tells_where(folder: Path) -> None:
    change_draft(folder, "separation: 60 m", "separation: 60")
    with pytest.raises(InvalidCity) as caught:
        draft(folder)
    assert [(d.file.name, d.line) for d in caught.value.defects] == [("draft.yaml", 3)]


def test_a_draft_that_does_not_fit_is_refused(folder: Path) -> None:
    change_draft(folder, "count: 430, separation: 60 m", "count: 430, separation: 400 m")
    with pytest.raises(Failed, match="no room"):
        draft(folder)
