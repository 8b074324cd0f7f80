import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.figures.figure import Bounds, Finding
from monitoring.promises.broadband import Connections, Households, Rule, bounds, broadband, count
from tests.monitoring.measured import EXAMPLE, rule_of

RULE: Rule = rule_of(EXAMPLE, "broadband")


def named(found: Finding, name: str) -> object:
    return next(one.value for one in found.inputs if one.name == name)


def line(area: str, mbps: int, households: int, total: int, as_of: date = date(2024, 12, 31)) -> Connections:
    return Connections(
        area=area,
        technology="fttp" if mbps else "none",
        download_mbps=mbps,
        households=households,
        households_total=total,
        as_of=as_of,
        source="made for this test",
    )


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        pytest.param([], Households(fast=0, unknown=0, total=0), id="no data"),
        pytest.param([line("a", 30, 60, 60)], Households(fast=60, unknown=0, total=60), id="just fast enough"),
        pytest.param([line("a", 29, 60, 60)], Households(fast=0, unknown=0, total=60), id="just too slow"),
        pytest.param(
            [line("a", 1000, 400, 800), line("a", 50, 250, 800)],
            Households(fast=650, unknown=150, total=800),
            id="households in no line are unknown, once for all lines of the area",
        ),
        pytest.param(
            [line("a", 1000, 50, 100), line("a", 0, 20, 100)],
            Households(fast=50, unknown=30, total=100),
            id="households known to have none are slow, not unknown",
        ),
        pytest.param([line("a", 0, 0, 100)], Households(fast=0, unknown=100, total=100), id="nothing but the total"),
        pytest.param(
            [line("a", 1000, 50, 100), line("b", 1000, 10, 50)],
            Households(fast=60, unknown=90, total=150),
            id="areas add up",
        ),
    ],
)
def test_count(lines: list[Connections], counted: Households) -> None:
    assert count(lines, 30) == counted


FIRST, SECOND = date(2023, 12, 31), date(2024, 12, 31)
TWO_YEARS = (
    line("a", 1000, 400, 900, FIRST),
    line("a", 24, 500, 900, FIRST),
    line("a", 1000, 500, 900, SECOND),
    line("a", 24, 400, 900, SECOND),
)


@pytest.mark.parametrize(
    ("on", "share"),
    [
        pytest.param(date(2024, 12, 30), 400 / 900, id="the first year, until the second is there"),
        pytest.param(date(2024, 12, 31), 500 / 900, id="the second alone, from its day on"),
    ],
)
def test_an_area_is_as_its_newest_day_shows_it(on: date, share: float) -> None:
    found = broadband(dataclasses.replace(RULE, connections=TWO_YEARS), on)
    assert found.bounds.value == found.bounds.lower == found.bounds.upper == pytest.approx(share)
    assert named(found, "households_total") == 900


def test_areas_with_different_newest_days_are_told_with_both() -> None:
    lines = (*TWO_YEARS, line("b", 1000, 50, 100, FIRST))
    found = broadband(dataclasses.replace(RULE, connections=lines), date(2026, 1, 1))
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((550 / 1000, 600 / 1000))
    assert (found.as_of, found.period.start, found.period.end) == (FIRST, FIRST, SECOND)


@pytest.mark.parametrize(
    ("households", "expected"),
    [
        pytest.param(Households(fast=0, unknown=0, total=0), (None, None, None), id="nobody lives there"),
        pytest.param(Households(fast=0, unknown=10, total=10), (None, 0.0, 1.0), id="nothing is known"),
        pytest.param(Households(fast=6, unknown=2, total=10), (0.75, 0.6, 0.8), id="some are not known"),
    ],
)
def test_bounds(households: Households, expected: tuple[float | None, ...]) -> None:
    found = bounds(households)
    assert (found.value, found.lower, found.upper) == expected


@st.composite
def surveys(draw: st.DrawFn) -> tuple[list[Connections], int, int]:
    """Lines as the loader admits them, over several days, and the truth of the newest: households fast, and all."""
    lines, fast, everybody = [], 0, 0
    for area in draw(st.sets(st.sampled_from("abc"), min_size=1)):
        for day in sorted(draw(st.sets(st.integers(1, 28), min_size=1, max_size=3))):
            counts = {mbps: draw(st.integers(0, 500)) for mbps in draw(st.sets(st.integers(0, 60), min_size=1))}
            hidden_fast, hidden_slow = draw(st.integers(0, 500)), draw(st.integers(0, 500))
            total = sum(counts.values()) + hidden_fast + hidden_slow
            lines += [line(area, mbps, n, total, date(2024, 1, day)) for mbps, n in counts.items()]
            of_the_day = sum(n for mbps, n in counts.items() if mbps >= 30) + hidden_fast, total
        fast, everybody = fast + of_the_day[0], everybody + of_the_day[1]
    return draw(st.permutations(lines)), fast, everybody


@given(surveys())
def test_the_value_and_the_truth_lie_within_the_bounds(survey: tuple[list[Connections], int, int]) -> None:
    lines, fast, everybody = survey
    found = broadband(dataclasses.replace(RULE, connections=tuple(lines)), date(2024, 2, 1))
    if not everybody:
        assert (found.bounds.value, found.bounds.lower, found.bounds.upper) == (None, None, None)
        return
    assert found.bounds.lower is not None and found.bounds.upper is not None
    assert 0 <= found.bounds.lower <= fast / everybody <= found.bounds.upper <= 1
    assert found.bounds.value is None or found.bounds.lower <= found.bounds.value <= found.bounds.upper


def test_the_example_by_hand() -> None:
    """West 820 of 900 fast; east 650 of 800, 50 have nothing and 100 are in no line: 1470 of 1700, 1570 at the most."""
    found = broadband(RULE, date(2026, 1, 1))
    assert found.bounds.value == pytest.approx(1470 / 1600)
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((1470 / 1700, 1570 / 1700))
    assert found.as_of == date(2024, 12, 31)
    assert named(found, "households_unknown") == 100


def test_before_the_data_nothing_is_known() -> None:
    found = broadband(RULE, date(2024, 12, 30))
    assert found.bounds == Bounds(value=None, lower=None, upper=None)


def test_the_rule_is_the_citys() -> None:
    faster = dataclasses.replace(RULE, download_mbps=100)
    assert broadband(faster, date(2026, 1, 1)).bounds.lower == pytest.approx(1020 / 1700)
