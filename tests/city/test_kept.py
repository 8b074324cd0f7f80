import shutil
from pathlib import Path

import pytest

from city.kept import fingerprint_of, keep, kept
from city.load import load
from tests.city.board import EXAMPLE, Board


def test_a_copy_elsewhere_has_the_same_fingerprint_and_a_change_another(board: Board) -> None:
    assert fingerprint_of(board.folder) == fingerprint_of(EXAMPLE) == load(board.folder).fingerprint
    board.plant("cost.yaml", "34000.00", "34001.00")
    assert fingerprint_of(board.folder) != fingerprint_of(EXAMPLE)


@pytest.mark.parametrize(("first", "second"), [("a.csv", "b.csv"), ("ab.csv", "a.csv")])
def test_what_stands_in_which_file_is_part_of_it(tmp_path: Path, first: str, second: str) -> None:
    for folder, names in (("one", (first, second)), ("other", (second, first))):
        (tmp_path / folder).mkdir()
        for name, text in zip(names, ("b1", "1"), strict=True):
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
    assert fingerprint_of(tmp_path / "one") != fingerprint_of(tmp_path / "other")


def test_a_kept_copy_is_the_city_as_it_was(board: Board, tmp_path: Path) -> None:
    before = load(board.folder)
    where = tmp_path / "declared"
    assert keep(board.folder, before.fingerprint, where)
    assert keep(board.folder, before.fingerprint, where), "once is enough"
    board.plant("cost.yaml", "34000.00", "34001.00")
    folder = kept(before.fingerprint, where)
    assert folder is not None
    again = load(folder)
    assert (again.fingerprint, again.access_points) == (before.fingerprint, before.access_points)
    assert [path.name for path in where.iterdir()] == [before.fingerprint]


def test_data_that_were_changed_since_they_were_read_are_not_kept(board: Board, tmp_path: Path) -> None:
    before = load(board.folder).fingerprint
    board.plant("cost.yaml", "34000.00", "34001.00")
    assert not keep(board.folder, before, tmp_path / "declared")
    assert not list((tmp_path / "declared").iterdir())


def test_a_copy_that_was_meddled_with_or_is_gone_is_not_at_hand(board: Board, tmp_path: Path) -> None:
    known = load(board.folder).fingerprint
    keep(board.folder, known, tmp_path)
    (tmp_path / known / "cost.yaml").write_text("baseline: {}\n", encoding="utf-8")
    assert kept(known, tmp_path) is None
    shutil.rmtree(tmp_path / known)
    assert kept(known, tmp_path) is None
