import dataclasses
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.load import load
from city.model.residents import BroadbandConnections
from monitoring.promises.broadband import Households, bounds, broadband, count

EXAMPLE = load(Path(__file__).parents[3] / "cities" / "example")


def line(area: str, mbps: int, households: int, unknown: int, total: int) -> BroadbandConnections:
    return BroadbandConnections(
        area=area,
        technology="fttp",
        download_mbps=mbps,
        households=households,
        households_unknown=unknown,
        households_total=total,
        as_of=date(2024, 12, 31),
        source="made for this test",
    )


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        pytest.param([], Households(fast=0, unknown=0, total=0), id="no data"),
        pytest.param([line("a", 30, 60, 0, 100)], Households(fast=60, unknown=0, total=100), id="just fast enough"),
        pytest.param([line("a", 29, 60, 0, 100)], Households(fast=0, unknown=0, total=100), id="just too slow"),
        pytest.param(
            [line("a", 1000, 50, 5, 100), line("a", 24, 20, 5, 100)],
            Households(fast=50, unknown=10, total=100),
            id="an area's lines share its households",
        ),
        pytest.param(
            [line("a", 1000, 50, 50, 100), line("a", 24, 20, 50, 100)],
            Households(fast=50, unknown=30, total=100),
            id="a household that one line accounts for is not unknown in another",
        ),
        pytest.param(
            [line("a", 1000, 50, 0, 100), line("b", 1000, 10, 40, 50)],
            Households(fast=60, unknown=40, total=150),
            id="areas add up",
        ),
    ],
)
def test_count(lines: list[BroadbandConnections], counted: Households) -> None:
    assert count(lines, 30) == counted


@pytest.mark.parametrize(
    ("households", "expected"),
    [
        pytest.param(Households(fast=0, unknown=0, total=0), (None, None, None), id="nobody lives there"),
        pytest.param(Households(fast=0, unknown=10, total=10), (None, 0.0, 1.0), id="nobody said"),
        pytest.param(Households(fast=6, unknown=2, total=10), (0.75, 0.6, 0.8), id="some did not say"),
    ],
)
def test_bounds(households: Households, expected: tuple[float | None, ...]) -> None:
    found = bounds(households)
    assert (found.value, found.lower, found.upper) == expected


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100), *[st.integers(0, 50)] * 2, st.integers(1, 90))))
def test_the_value_lies_within_its_bounds(rows: list[tuple[str, int, int, int, int]]) -> None:
    found = bounds(count([line(*row) for row in rows], 30))
    if found.lower is not None and found.upper is not None:
        assert 0 <= found.lower <= found.upper <= 1
        assert found.value is None or found.lower - 1e-12 <= found.value <= found.upper + 1e-12


def test_the_example_by_hand() -> None:
    """West 820 of 900 fast; east 650 of 800, 100 did not say: 1470 of 1700, 1570 at the most."""
    found = broadband(EXAMPLE, date(2026, 1, 1))
    assert found.value == pytest.approx(1470 / 1600)
    assert (found.lower, found.upper) == pytest.approx((1470 / 1700, 1570 / 1700))
    assert found.met is True
    assert found.as_of == date(2024, 12, 31)
    assert found.input("households_unknown").value == 100


def test_before_the_data_nothing_is_known() -> None:
    found = broadband(EXAMPLE, date(2024, 12, 30))
    assert (found.value, found.lower, found.met) == (None, None, None)


def test_the_rule_is_the_citys() -> None:
    faster = dataclasses.replace(EXAMPLE, broadband_rule=dataclasses.replace(EXAMPLE.broadband_rule, download_mbps=100))
    assert broadband(faster, date(2026, 1, 1)).lower == pytest.approx(1020 / 1700)
