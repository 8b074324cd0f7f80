"""Whatever happens to a valid city's text, it loads or tells where it is wrong, and nothing is executed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.errors import Defect, InvalidCity
from city.load import load
from tests.city.board import EXAMPLE, Board

FILES = sorted(path.name for path in EXAMPLE.iterdir() if path.suffix in {".yaml", ".csv", ".geojson"})
NASTY = st.sampled_from(
    ["", "0", "-1", "1e999", "NaN", "null", "~", "[]", "{}", ": ", "- ", "&a", "*a", "!!set", '"', "'", ",", "\t", "\r",
     "\x00", "\x85", "\u2028", "\ufeff", "\u0661", "9" * 50, "[" * 2000, "{a: " * 200, "<<: *a", "? ", "%TAG", "---\n",
     "true", "1970-01-01", "10.0.0.0/0", "999999d", "é", "\U0001f600"],
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Where in a file, as a part of its length, how much of it goes, and what comes instead."""

    file: str
    at: float
    removed: int
    inserted: bytes

    def apply(self, content: bytes) -> bytes:
        at = int(self.at * len(content))
        return content[:at] + self.inserted + content[at + self.removed :]


texts = st.one_of(NASTY, st.text(max_size=12), st.sampled_from([name.removesuffix(".csv") for name in FILES]))
inserted = st.one_of(texts.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=6))
changes = st.builds(
    Change,
    file=st.sampled_from(FILES),
    at=st.floats(0, 1),
    removed=st.integers(0, 40),
    inserted=inserted,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One copy for every example; each puts back what it changed."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("any") / "example"))
    yield folder
    load(folder)


@pytest.mark.slow
@settings(max_examples=300)
@given(some=st.lists(changes, min_size=1, max_size=3))
def test_a_changed_city_loads_or_tells_where(shared: Path, some: list[Change]) -> None:
    before = {change.file: (shared / change.file).read_bytes() for change in some}
    try:
        for change in some:
            path = shared / change.file
            path.write_bytes(change.apply(path.read_bytes()))
        assert_loads_or_tells(shared)
    finally:
        for file, content in before.items():
            (shared / file).write_bytes(content)


def assert_loads_or_tells(folder: Path) -> None:
    told: tuple[Defect, ...] | None = None
    try:
        load(folder)
    except InvalidCity as error:
        told = error.defects
    assert told is None or len(told) > 0
    for defect in told or ():
        assert defect.file.is_file(), defect
        lines = defect.file.read_bytes().decode("utf-8", "replace").splitlines()
        assert 1 <= defect.line <= len(lines) + 1, defect
        assert defect.problem and defect.remedy


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param('!!python/object/apply:pathlib.Path.touch ["{path}"]', id="a call"),
        pytest.param("!!python/name:os.system", id="a name"),
        pytest.param("!!python/object/new:type {{}}", id="a new type"),
        pytest.param("!custom x", id="a tag of one's own"),
        pytest.param("!!binary aGk=", id="binary"),
    ],
)
def test_a_yaml_tag_is_told_and_never_executed(board: Board, tmp_path: Path, tag: str) -> None:
    proof = tmp_path / "executed"
    place = board.plant("services.yaml", "owner: Example ICT", f"owner: {tag.format(path=proof)}")
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == place
    assert "tags are never executed" in defect.problem
    assert not proof.exists()


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        pytest.param("a: &x [1]\nb: *x\n", "an alias", id="an alias"),
        pytest.param("a: &x {b: *x}\n", "an alias", id="an alias of itself"),
        pytest.param("a: " + "[" * 30 + "]" * 30 + "\n", "nested", id="nested too deep"),
        pytest.param("? [a]\n: b\n", "not a plain word", id="a list for a key"),
        pytest.param("- a\n", "no `key: value`", id="a list"),
        pytest.param("", "no `key: value`", id="an empty file"),
        pytest.param("a: \x07\n", "not YAML", id="a bell"),
        pytest.param("a: 1\n---\nb: 2\n", "not YAML", id="two documents"),
    ],
)
def test_yaml_that_is_no_plain_data_is_told(board: Board, text: str, fragment: str) -> None:
    (board.folder / "wifi.yaml").write_text(text, encoding="utf-8")
    assert any(d.file.name == "wifi.yaml" and fragment in d.problem for d in board.defects()), board.defects()


def test_a_file_that_is_not_utf8_is_told_with_its_line(board: Board) -> None:
    (board.folder / "wifi.yaml").write_bytes(b"a: 1\nb: \xff\n")
    assert [(d.line, d.problem) for d in board.defects() if d.file.name == "wifi.yaml"] == [
        (2, "the text is not UTF-8")
    ]


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        pytest.param("{", "not JSON", id="half an object"),
        pytest.param('{"type": "Polygon", "coordinates": []}', "incomplete", id="no rings"),
        pytest.param('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}', "not closed", id="an open ring"),
        pytest.param('{"type": "Polygon", "coordinates": [[[NaN, 0]]]}', "NaN", id="not a number"),
        pytest.param(
            '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}', "cross", id="a bow tie"
        ),
        pytest.param('{"type": "FeatureCollection", "features": []}', "exactly one", id="no feature"),
        pytest.param("[" * 100_000, "boundary", id="very deep"),
    ],
)
def test_a_boundary_that_is_none_is_told(board: Board, text: str, fragment: str) -> None:
    (board.folder / "boundary.geojson").write_text(text, encoding="utf-8")
    (defect,) = board.defects()
    assert defect.file.name == "boundary.geojson"
    assert fragment in defect.problem
