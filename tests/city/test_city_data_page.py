"""docs/city-data.md names every file, column and key, no other, and its examples are lines of the example city."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree
from weakref import WeakKeyDictionary

import pytest

from city.draft import draft
from city.load import load
from city.load.land import CELL_COLUMNS
from city.load.record import Record
from city.load.street import ACCESS_POINT_COLUMNS, RADIO_COLUMNS, SENSOR_COLUMNS, SWITCH_COLUMNS
from tests.city.board import EXAMPLE, ROOT
from tests.monitoring.certificates import signer

PAGE = (ROOT / "docs" / "city-data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
ALIKE = ((r"\.(el|en)$", ""),)
"""What the page explains once: a text in both languages."""
OF_RULES = {
    node.content
    for promise in load(EXAMPLE).promises
    if isinstance(promise.rule.content, dict)
    for node in promise.rule.content.values()
}
"""The files that a promise's rule names: docs/kpi-method.md explains them."""
FILES = sorted(
    path.name for path in EXAMPLE.iterdir() if path.is_file() and path.name != "README.md" and path.name not in OF_RULES
)


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_its_section(file: str) -> None:
    assert file in SECTIONS


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("switches.csv", SWITCH_COLUMNS),
        ("access_points.csv", (*ACCESS_POINT_COLUMNS, *RADIO_COLUMNS, "channel_6GHz")),
        ("sensors.csv", SENSOR_COLUMNS),
        ("population.csv", CELL_COLUMNS),
    ],
)
def test_columns_stand_in_the_order_of_the_file(file: str, columns: Sequence[str]) -> None:
    assert tuple(re.findall(r"^\| `([^`]+)`", SECTIONS[file], flags=re.MULTILINE)) == tuple(columns)


@pytest.fixture(scope="module")
def known(thessaloniki: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The keys that the loader asks for, by file, as the page writes them: `images.ID.url`."""
    asked: dict[str, set[str]] = defaultdict(set)
    above: WeakKeyDictionary[Record, str] = WeakKeyDictionary()
    has, child, children, named = Record.has, Record.child, Record.children, Record.named

    def path(record: Record, key: str) -> str:
        return f"{above.get(record, '')}{key}"

    def noted_has(record: Record, key: str) -> bool:
        asked[record.place.file.name].add(path(record, key))
        return has(record, key)

    def noted_child(record: Record, key: str) -> Record:
        found = child(record, key)
        above[found] = path(record, f"{key}.")
        return found

    def noted_children(record: Record, key: str) -> tuple[Record, ...]:
        found = children(record, key)
        above.update(dict.fromkeys(found, path(record, f"{key}.")))
        return found

    def noted_named(record: Record) -> Iterator[Record]:
        for found in named(record):
            above[found] = path(record, "ID.") if record in above else ""
            yield found

    with pytest.MonkeyPatch.context() as patch:
        for noted in (noted_has, noted_child, noted_children, noted_named):
            patch.setattr(Record, noted.__name__.removeprefix("noted_"), noted)
        load(_asking(tmp_path_factory.mktemp("asking") / "example"))
        draft(thessaloniki)
    return asked


def _asking(folder: Path) -> Path:
    """The example city, with what it leaves out: it asks nobody for a drill."""
    copytree(EXAMPLE, folder)
    key, pem = f"ssh-ed25519 {'A' * 68}", signer("An authority of time").pem.decode()
    with (folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(
            f"drills: {{every: 365d, journal: portal, "
            f"approvers: {{maria: {{key: {key}}}, nikos: {{key: {key[:-1]}B}}}}, "
            f"timestamps: {{url: https://tsa.example.test/, authority: {json.dumps(pem)}}}}}\n"
        )
    sites = folder / "sites.yaml"
    told = sites.read_text(encoding="utf-8").splitlines(keepends=True)
    updates = "  name_updates: {server: 10.0.0.53, port: 53, key: drills, algorithm: hmac-sha512, secret: env:TSIG}\n"
    sites.write_text("".join([told[0], updates, *told[1:]]), encoding="utf-8")
    return folder


def leaves(paths: set[str]) -> set[str]:
    """Without those that only hold others."""
    return {path for path in paths if not any(other.startswith(f"{path}.") for other in paths)}


@pytest.mark.slow
@pytest.mark.parametrize("file", [*(name for name in FILES if name.endswith(".yaml")), "draft.yaml"])
def test_the_page_explains_the_keys_that_the_loader_knows_and_no_other(file: str, known: dict[str, set[str]]) -> None:
    asked = known[file]
    for pattern, spoken_of in ALIKE:
        asked = {re.sub(pattern, spoken_of, path) for path in asked}
    rows = re.findall(r"^\| (`[^|]+)\|", SECTIONS[file], flags=re.MULTILINE)
    explained = {path for row in rows for path in re.findall(r"`([^`]+)`", row)}
    assert leaves(asked) == leaves(explained)


@pytest.mark.parametrize("file", FILES)
def test_examples_are_lines_of_the_example_city(file: str) -> None:
    there = (EXAMPLE / file).read_text(encoding="utf-8").splitlines()
    shown = "".join(re.findall(r"```(?:csv|yaml)\n(.*?)```", SECTIONS[file], flags=re.DOTALL)).splitlines()
    assert all(line in there for line in shown), [line for line in shown if line not in there]


def test_the_page_counts_its_files_right() -> None:
    assert "twelve files" in PAGE.replace("\n", " ")
    assert len(FILES) == 12, [Path(name).suffix for name in FILES]
