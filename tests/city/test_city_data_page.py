"""docs/city-data.md names every file, column and key, and its examples are lines of the example city."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from city.load.land import BROADBAND_COLUMNS, CELL_COLUMNS
from city.load.street import ACCESS_POINT_COLUMNS, SENSOR_COLUMNS, SWITCH_COLUMNS
from tests.city.board import EXAMPLE, ROOT

PAGE = (ROOT / "docs" / "city-data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
NOT_KEYS = {"el", "en", "small", "medium", "base"}
"""Languages, and the ids of flavours and images."""
FILES = sorted(path.name for path in EXAMPLE.iterdir() if path.is_file() and path.name != "README.md")


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_its_section(file: str) -> None:
    assert file in SECTIONS


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("switches.csv", SWITCH_COLUMNS),
        ("access_points.csv", ACCESS_POINT_COLUMNS),
        ("sensors.csv", SENSOR_COLUMNS),
        ("population.csv", CELL_COLUMNS),
        ("broadband.csv", BROADBAND_COLUMNS),
    ],
)
def test_columns_stand_in_the_order_of_the_file(file: str, columns: Sequence[str]) -> None:
    assert tuple(re.findall(r"^\| `([^`]+)`", SECTIONS[file], flags=re.MULTILINE)) == tuple(columns)


@pytest.mark.parametrize("file", [name for name in FILES if name.endswith(".yaml")])
def test_every_key_in_use_is_explained(file: str) -> None:
    text = (EXAMPLE / file).read_text(encoding="utf-8")
    used = set(re.findall(r"(?:^ +|[{,] ?)([a-z_]+):(?: |$)", text, flags=re.MULTILINE)) - NOT_KEYS
    assert used and not {key for key in used if not re.search(rf"\b{key}\b", SECTIONS[file])}


@pytest.mark.parametrize("file", FILES)
def test_examples_are_lines_of_the_example_city(file: str) -> None:
    there = (EXAMPLE / file).read_text(encoding="utf-8").splitlines()
    shown = "".join(re.findall(r"```(?:csv|yaml)\n(.*?)```", SECTIONS[file], flags=re.DOTALL)).splitlines()
    assert all(line in there for line in shown), [line for line in shown if line not in there]


def test_the_draft_is_explained() -> None:
    keys = re.findall(
        r"^([a-z_-]+):", (ROOT / "cities/thessaloniki/draft.yaml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert keys and all(f"`{key}`" in SECTIONS["draft.yaml"] for key in keys)


def test_the_page_counts_its_files_right() -> None:
    assert "fourteen files" in PAGE.replace("\n", " ")
    assert len(FILES) == 14, [Path(name).suffix for name in FILES]
