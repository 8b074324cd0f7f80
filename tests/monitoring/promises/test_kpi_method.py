"""The manual's own example, recomputed from its own text: by hand, and by the code."""

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from city.model.promises import Promise
from monitoring.coverage.share import coverage, footprints
from monitoring.figures.figure import SHARE_DIGITS, Figure
from monitoring.figures.promised import Promised
from monitoring.figures.rounding import at_least
from monitoring.ledger.store import Ledger
from monitoring.promises.running_cost import CURRENCIES
from tests.monitoring.measured import EXAMPLE, RULE

ROOT = Path(__file__).parents[3]
MANUAL = (ROOT / "docs" / "kpi-method.md").read_text(encoding="utf-8")
PRINTS = footprints(EXAMPLE, RULE)
TABLE = MANUAL.partition("### One place by hand")[2].partition("\n## ")[0]
BY_HAND = {row[0]: float(row[2]) for row in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([\d.]+) \|$", TABLE, re.MULTILINE)}


def shown(text: str) -> float:
    """The rounding error of a number as it is printed."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) + 1e-12


def said(pattern: str) -> list[float]:
    """The numbers of a sentence of the manual, whatever its line breaks."""
    found = re.search(pattern, " ".join(MANUAL.split()))
    assert found is not None, pattern
    return [float(number) for number in found.groups()]


def figure(promise: str) -> Figure:
    with Ledger("sqlite://", EXAMPLE.id) as ledger:
        figures = Promised(EXAMPLE).figures(ledger, datetime(2026, 1, 1, tzinfo=UTC))
    return next(found for found in figures if found.id == promise)


def published(figure: Figure) -> list[object]:
    return [figure.as_json()[key] for key in ("value", "lower", "upper")]


def tail(z: float) -> float:
    return 1 - NormalDist().cdf(z)


def recomputed() -> dict[str, float]:
    ap = EXAMPLE.access_points[0]
    x, y = EXAMPLE.boundary.plane.to_metres(ap.position)
    d = math.hypot(-875 - x, -625 - y)
    slant, ghz = math.hypot(d, 6 - 1.5), 2.412
    los = 32.4 + 21 * math.log10(slant) + 20 * math.log10(ghz)
    nlos = 35.3 * math.log10(slant) + 22.4 + 21.3 * math.log10(ghz)
    seen = 18 / d + math.exp(-d / 36) * (1 - 18 / d)
    heard_los, heard_nlos = tail((los - 84) / 4), tail((nlos - 84) / 7.82)
    return {
        "residents of the cell": 900 * 3900 / 3800,
        "places in the cell": (1000 / 50) ** 2,
        "residents at the place": 900 * 3900 / 3800 / 400,
        "distance on the ground, m": d,
        "slant distance, m": slant,
        "break point, m": 4 * (6 - 1) * (1.5 - 1) * ghz * 1e9 / 3e8,
        "loss in line of sight, dB": los,
        "loss without, dB": nlos,
        "chance of line of sight": seen,
        "bearable loss, dB": 20 - 3 + 67,
        "heard in line of sight": heard_los,
        "heard without": heard_nlos,
        "heard at the place": seen * heard_los + (1 - seen) * heard_nlos,
    }


def test_every_line_of_the_table_is_recomputed() -> None:
    printed = dict(re.findall(r"^\| ([^|]+) \| [^|]+ \| ([\d.]+) \|$", TABLE, re.MULTILINE))
    found = recomputed()
    assert set(printed) == set(found)
    for name, text in printed.items():
        assert float(text) == pytest.approx(found[name], abs=shown(text)), name


def test_the_code_finds_the_same_for_that_place() -> None:
    people = PRINTS.residents
    place = int(np.flatnonzero((people.x == -875) & (people.y == -625))[0])
    assert EXAMPLE.population.cells[people.cell[place]].id == "cell-0-500"
    assert (people.cell == people.cell[place]).sum() == BY_HAND["places in the cell"]
    assert people.people[place] == pytest.approx(BY_HAND["residents at the place"], abs=1e-5)
    first = slice(PRINTS.rows[0], PRINTS.rows[1])
    heard = PRINTS.heard[first][PRINTS.place[first] == place]
    assert heard[0] == pytest.approx(recomputed()["heard at the place"], abs=1e-12)
    assert PRINTS.covered_places(PRINTS.access_points)[place]


def test_the_designed_share_is_as_the_manual_says() -> None:
    covered, residents, share = said(r"cover ([\d.]+) of the example's (\d+) residents: a designed share of ([\d.]+\d)")
    found = coverage(PRINTS, (), ())
    assert PRINTS.covered(PRINTS.access_points) == pytest.approx(covered, abs=0.0005)
    assert found.residents == pytest.approx(residents, abs=5e-7)
    assert float(at_least(found.designed, SHARE_DIGITS)) == share


def test_broadband_is_as_the_manual_says() -> None:
    expected = said(r"1470 / 1600 = ([\d.]+), lower 1470 / 1700 = ([\d.]+), upper 1570 / 1700 = ([\d.]+\d)")
    assert published(figure("broadband")) == expected


def test_running_cost_is_as_the_manual_says() -> None:
    expected = said(r"366 days of 2024\. Value ([\d.]+), lower ([\d.]+), upper ([\d.]+\d)")
    assert published(figure("running-cost")) == expected


@pytest.mark.parametrize("promise", [promise for promise in EXAMPLE.promises if f"(`{promise.id}`)" in MANUAL])
def test_the_section_of_a_promise_explains_every_key_of_its_rule(promise: Promise) -> None:
    section = MANUAL.partition(f"(`{promise.id}`)")[2].partition("\n## ")[0]
    keys = promise.rule.content
    assert isinstance(keys, dict)
    for key in keys:
        assert f"`{key}`" in section
    for node in keys.values():
        assert isinstance(node.content, str)
        if node.content.endswith(".csv"):
            header = (EXAMPLE.folder / node.content).read_text(encoding="utf-8").partition("\n")[0].split(",")
            assert re.findall(r"^\| `([^`]+)` \|", section.partition("| column |")[2], re.MULTILINE) == header


def test_every_currency_is_named() -> None:
    assert all(f"`{currency}`" in MANUAL for currency in CURRENCIES)


def test_the_manual_names_every_key_of_a_figure() -> None:
    for key in figure("broadband").as_json():
        assert f"`{key}`" in MANUAL
