import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import monitoring.promises as room
from monitoring.figures import registry
from tests.city.board import EXAMPLE, Board


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(Path(shutil.copytree(EXAMPLE, tmp_path / "example")))


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder beside the room of promises, whose modules are found too."""
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    registry.indicators.cache_clear()
    yield tmp_path
    registry.indicators.cache_clear()
    for name in [name for name in sys.modules if name.startswith("monitoring.promises.added")]:
        del sys.modules[name]


def test_an_indicator_is_found_by_its_promise_and_listed_nowhere(another: Path) -> None:
    broadband = Path(room.__path__[0], "broadband.py").read_text(encoding="utf-8")
    (another / "added_one.py").write_text(broadband.replace('id="broadband"', 'id="added"'), encoding="utf-8")
    assert registry.indicators()["added"].unit == "share of households"


def test_two_indicators_of_one_promise_are_refused(another: Path) -> None:
    broadband = Path(room.__path__[0], "broadband.py").read_text(encoding="utf-8")
    (another / "added_two.py").write_text(broadband, encoding="utf-8")
    with pytest.raises(TypeError, match="second indicator broadband"):
        registry.indicators()


def test_every_indicator_says_all_in_both_languages() -> None:
    for indicator in registry.indicators().values():
        for text in (indicator.formula, indicator.target):
            assert text.el and text.en and text.el != text.en
        assert "%(target)s" in indicator.target.el and "%(due)s" in indicator.target.el


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("city.yaml", "  availability:", "  happiness:", id="a promise that nobody can measure"),
        pytest.param("city.yaml", "quantile: 0.5", "quantile: 5", id="a rule out of range"),
        pytest.param("broadband.csv", "west,fttp,1000,620,900", "west,fttp,1000,620,none", id="a row of its file"),
        pytest.param("cost.yaml", "upper: 34000.00", "upper: 24000.00", id="a line of money"),
    ],
)
def test_a_promise_that_cannot_be_measured_is_told_at_its_line(board: Board, file: str, old: str, new: str) -> None:
    place = board.plant(file, old, new)
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == place


def test_a_promise_that_nobody_can_measure_is_told_with_the_known_ones(board: Board) -> None:
    board.plant("city.yaml", "  availability:", "  happiness:")
    (defect,) = board.defects()
    assert all(known in defect.remedy for known in registry.indicators())
