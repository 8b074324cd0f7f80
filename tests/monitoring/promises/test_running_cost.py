import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.figures.figure import Bounds
from monitoring.promises.running_cost import CostLine, CostPeriod, RunningCost, reduction, running_cost
from tests.monitoring.measured import EXAMPLE, rule_of

COST: RunningCost = rule_of(EXAMPLE, "running-cost")


def period(*lines: tuple[int, int], start: date = date(2017, 1, 1), end: date = date(2018, 1, 1)) -> CostPeriod:
    made = tuple(
        CostLine(category=f"c{i}", lower=Decimal(low), upper=Decimal(high), status="account", source="a book")
        for i, (low, high) in enumerate(lines)
    )
    return CostPeriod(start=start, end=end, currency="EUR", lines=made)


@pytest.mark.parametrize(
    ("baseline", "actual", "expected"),
    [
        pytest.param(period((100, 100)), period((70, 70)), (0.3, 0.3, 0.3), id="exact lines give one number"),
        pytest.param(period((80, 120)), period((60, 60)), (0.4, 0.25, 0.5), id="an estimated baseline widens it"),
        pytest.param(period((100, 100)), period((60, 80)), (0.3, 0.2, 0.4), id="an estimated actual widens it"),
        pytest.param(
            period((40, 50), (60, 70)), period((50, 60)), (0.5, 0.4, 7 / 12), id="lines add up, bound by bound"
        ),
        pytest.param(period((100, 100)), period((150, 150)), (-0.5, -0.5, -0.5), id="a rise is a negative saving"),
        pytest.param(period((100, 100)), period((90, 90), (-40, -20)), (0.4, 0.3, 0.5), id="credits lower a bill"),
        pytest.param(
            period((100, 200)),
            period((-20, -10)),
            (1.1, 1.05, 1.2),
            id="more credits than costs, seen from either base",
        ),
        pytest.param(
            period((0, 100)), period((1, 1)), (None, None, None), id="a baseline that may be nothing says nothing"
        ),
        pytest.param(
            period((365, 365)),
            period((90, 90), start=date(2023, 1, 1), end=date(2023, 7, 1)),
            (1 - 90 / 181, 1 - 90 / 181, 1 - 90 / 181),
            id="half a year is compared per day",
        ),
    ],
)
def test_reduction(baseline: CostPeriod, actual: CostPeriod, expected: tuple[float | None, ...]) -> None:
    found = reduction(baseline, actual)
    assert (found.value, found.lower, found.upper) == pytest.approx(expected)


MONEY = st.integers(1, 10**9)
BILL = st.integers(-(10**9), 10**9)


@given(MONEY, MONEY, BILL, BILL, st.floats(0, 1), st.floats(0, 1))
def test_whatever_the_truth_is_it_lies_within_the_bounds(  # noqa: PLR0913, PLR0917 - two intervals, and a truth in each
    b1: int, b2: int, a1: int, a2: int, baseline_at: float, actual_at: float
) -> None:
    (b_low, b_high), (a_low, a_high) = sorted((b1, b2)), sorted((a1, a2))
    found = reduction(period((b_low, b_high)), period((a_low, a_high)))
    truth = 1 - (a_low + actual_at * (a_high - a_low)) / (b_low + baseline_at * (b_high - b_low))
    assert found.lower is not None and found.upper is not None and found.value is not None
    slack = 1e-9 * max(1.0, abs(found.lower), abs(found.upper))
    assert found.lower - slack <= truth <= found.upper + slack
    assert found.lower - slack <= found.value <= found.upper + slack


def test_the_example_by_hand() -> None:
    """100,000 became 59,000 to 65,000; 2024 had one day more than 2017."""
    found = running_cost(COST, date(2026, 1, 1))
    assert found.bounds.lower == pytest.approx(1 - (65_000 / 366) / (100_000 / 365))
    assert found.bounds.upper == pytest.approx(1 - (59_000 / 366) / (100_000 / 365))
    assert found.as_of == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("who", "when", "ending"),
    [
        pytest.param("the council", date(2018, 3, 1), "; approved by the council on 2018-03-01", id="who and when"),
        pytest.param("the council", None, "; approved by the council", id="who alone"),
        pytest.param("", date(2018, 3, 1), "; approved on 2018-03-01", id="when alone"),
        pytest.param("", None, "; approved by nobody yet", id="nobody"),
    ],
)
def test_the_figure_tells_who_approved_the_baseline_and_when(who: str, when: date | None, ending: str) -> None:
    baseline = dataclasses.replace(COST.baseline, approved_by=who, approved_on=when)
    cost = dataclasses.replace(COST, baseline=baseline)
    inputs = running_cost(cost, date(2026, 1, 1)).inputs
    sources = {one.name: str(one.as_json()["source"]) for one in inputs}
    assert all(source.endswith(ending) == name.startswith("baseline_") for name, source in sources.items())
    assert all(source.startswith("cost.yaml, 20") for source in sources.values())


def test_an_approval_decides_nothing() -> None:
    baseline = dataclasses.replace(COST.baseline, approved_by="", approved_on=None)
    cost = dataclasses.replace(COST, baseline=baseline)
    assert running_cost(cost, date(2026, 1, 1)).bounds == running_cost(COST, date(2026, 1, 1)).bounds


def test_a_period_that_has_not_ended_is_no_actual() -> None:
    found = running_cost(COST, date(2024, 12, 31))
    assert found.bounds == Bounds(value=None, lower=None, upper=None)
    values = {one.name: one.value for one in found.inputs}
    assert (values["actual_lower"], values["baseline_lower"]) == (None, 100_000)
