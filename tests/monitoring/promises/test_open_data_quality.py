import dataclasses
from datetime import date
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidCity
from city.load.defects import Defects
from city.load.record import Record
from city.load.source import read_yaml
from city.model.places import Text
from monitoring.dashboard.language import Language
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import Bounds, Figure, Period
from monitoring.promises.open_data_quality import (
    COLUMNS,
    DAYS_BETWEEN,
    INDICATOR,
    DataSet,
    Judged,
    Standard,
    bounds,
    judge,
    open_data_quality,
    read,
)

TODAY = date(2030, 3, 31)
GOOD = DataSet(
    id="trees",
    named={"title": "Trees", "publisher": "City", "licence": "CC BY 4.0", "contact": "data@city.test", "schema": ""},
    format="csv",
    updated=TODAY,
    frequency="monthly",
)
STANDARD = Standard(
    required=("title", "licence", "contact"),
    formats=("csv", "geojson"),
    expected=0,
    file="datasets.csv",
    data_sets=(),
)


def named(**changed: str) -> DataSet:
    return dataclasses.replace(GOOD, named={**GOOD.named, **changed})


@pytest.mark.parametrize(
    ("data_set", "verdict"),
    [
        pytest.param(GOOD, Judged.FOLLOWS, id="all is stated and in order"),
        pytest.param(named(licence=""), Judged.UNKNOWN, id="a licence that is not stated is unknown"),
        pytest.param(named(licence="none"), Judged.BREAKS, id="no licence breaks the standard"),
        pytest.param(named(schema="none"), Judged.FOLLOWS, id="what the rule does not ask for decides nothing"),
        pytest.param(named(licence="none", contact=""), Judged.BREAKS, id="one known break decides"),
        pytest.param(dataclasses.replace(GOOD, format="pdf"), Judged.BREAKS, id="a format that no machine reads"),
        pytest.param(dataclasses.replace(GOOD, format=""), Judged.UNKNOWN, id="no format stated"),
        pytest.param(dataclasses.replace(GOOD, updated=date(2030, 2, 28)), Judged.FOLLOWS, id="31 days are a month"),
        pytest.param(dataclasses.replace(GOOD, updated=date(2030, 2, 27)), Judged.BREAKS, id="32 days are too old"),
        pytest.param(dataclasses.replace(GOOD, updated=None), Judged.UNKNOWN, id="nobody says when it was updated"),
        pytest.param(dataclasses.replace(GOOD, updated=None, frequency="never"), Judged.FOLLOWS, id="it never changes"),
        pytest.param(dataclasses.replace(GOOD, frequency="irregular"), Judged.UNKNOWN, id="now and then"),
        pytest.param(dataclasses.replace(GOOD, frequency=""), Judged.UNKNOWN, id="no frequency stated"),
        pytest.param(dataclasses.replace(GOOD, updated=date(2030, 4, 1)), Judged.UNKNOWN, id="of a day yet to come"),
    ],
)
def test_judge(data_set: DataSet, verdict: Judged) -> None:
    assert judge(data_set, STANDARD, TODAY) is verdict


F, B, U = Judged.FOLLOWS, Judged.BREAKS, Judged.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "expected", "found"),
    [
        pytest.param([], 0, (None, None, None), id="no data sets, none meant"),
        pytest.param([], 200, (None, 0.0, 1.0), id="none registered of those meant"),
        pytest.param([F, F, B, U], 0, (2 / 3, 0.5, 0.75), id="what cannot be judged is between the bounds"),
        pytest.param([F, F, B], 10, (2 / 3, 0.2, 0.9), id="those not yet registered are unknown"),
        pytest.param([F, B], 1, (0.5, 0.5, 0.5), id="more than were meant"),
        pytest.param([U, U], 2, (None, 0.0, 1.0), id="none can be judged"),
    ],
)
def test_bounds(verdicts: list[Judged], expected: int, found: tuple[float | None, ...]) -> None:
    got = bounds(verdicts, expected)
    assert (got.value, got.lower, got.upper) == pytest.approx(found)


@given(st.lists(st.sampled_from(Judged), max_size=30), st.integers(0, 40), st.randoms())
def test_whatever_the_unknown_ones_turn_out_to_be_the_truth_lies_within_the_bounds(
    verdicts: list[Judged], expected: int, chance: Random
) -> None:
    everything = [*verdicts, *[U] * (expected - len(verdicts))]
    truth = [v if v is not U else (F if chance.random() < 0.5 else B) for v in everything]
    found = bounds(verdicts, expected)
    if truth:
        assert found.lower is not None and found.upper is not None
        assert found.lower <= truth.count(F) / len(truth) <= found.upper
        assert found.value is None or found.lower <= found.value <= found.upper


def declared(folder: Path, rule: str, *rows: str) -> Standard:
    (folder / "rule.yaml").write_text(rule, encoding="utf-8")
    (folder / "datasets.csv").write_text("\n".join((",".join(COLUMNS), *rows)) + "\n", encoding="utf-8")
    defects = Defects()
    record = Record("open-data-quality: rule", read_yaml(folder / "rule.yaml", defects), defects)
    found = read(Declaration(record, folder, defects))
    defects.raise_if_any()
    return found


RULE = "register: datasets.csv\nexpected: 4\nrequired: [title, licence]\nformats: [csv]\n"


def test_the_register_is_read_and_counted(tmp_path: Path) -> None:
    trees = "trees,Trees,City,CC BY 4.0,csv,2030-03-30,daily,,"
    benches = "benches,Benches,City,none,csv,2030-03-30,daily,,"
    found = open_data_quality(declared(tmp_path, RULE, trees, benches, "poles,Poles,,,,,,,"), TODAY)
    assert (found.bounds.value, found.bounds.lower, found.bounds.upper) == (0.5, 0.25, 0.75)
    assert {one.name: one.value for one in found.inputs} == {
        "data_sets_follows": 1,
        "data_sets_breaks": 1,
        "data_sets_unknown": 1,
        "data_sets_expected": 4,
    }
    assert {str(one.as_json()["source"]) for one in found.inputs} == {"datasets.csv", "city.yaml, open-data-quality"}


@pytest.mark.parametrize(
    ("rule", "row", "file", "line", "problem"),
    [
        pytest.param(RULE.replace("title", "titel"), "trees,,,,,,,,", "rule.yaml", 3, "'titel'", id="no such column"),
        pytest.param(RULE, "trees,,,,,yesterday,,,", "datasets.csv", 2, "not a date", id="no date"),
        pytest.param(RULE, "trees,,,,,,hourly,,", "datasets.csv", 2, "'hourly'", id="no such frequency"),
        pytest.param(RULE + "colour: red\n", "trees,,,,,,,,", "rule.yaml", 5, "unknown key", id="a key too many"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(  # noqa: PLR0913, PLR0917 - a case in words
    tmp_path: Path, rule: str, row: str, file: str, line: int, problem: str
) -> None:
    with pytest.raises(InvalidCity) as refused:
        declared(tmp_path, rule, row)
    (defect,) = refused.value.defects
    assert (defect.file.name, defect.line) == (file, line)
    assert problem in defect.problem


def test_a_data_set_is_registered_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidCity) as refused:
        declared(tmp_path, RULE, "trees,,,,,,,,", "trees,,,,,,,,")
    (defect,) = refused.value.defects
    assert (defect.line, "taken already" in defect.problem) == (3, True)


def test_every_frequency_has_its_days() -> None:
    for frequency, days in DAYS_BETWEEN.items():
        day = dataclasses.replace(GOOD, frequency=frequency, updated=date.fromordinal(TODAY.toordinal() - days))
        assert judge(day, STANDARD, TODAY) is Judged.FOLLOWS
        assert judge(day, STANDARD, date.fromordinal(TODAY.toordinal() + 1)) is Judged.BREAKS


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(0.5, "50% of", id="known"),
        pytest.param(None, "Nobody can say how many municipal data sets follow", id="unknown"),
    ],
)
def test_the_sentence_tells_a_share_where_there_is_one(value: float | None, said: str) -> None:
    found = Figure(
        id="open-data-quality",
        name=Text(el="Δεδομένα", en="Data"),
        bounds=Bounds(value=value, lower=0.0, upper=1.0),
        target=0.9,
        due=TODAY,
        unit="share",
        as_of=TODAY,
        period=Period(start=TODAY, end=TODAY),
        formula=Text(el="τύπος", en="formula"),
        inputs=(),
        promised_in="a page",
    )
    assert said in INDICATOR.sentence(found, Language("en", ZoneInfo("UTC")))
