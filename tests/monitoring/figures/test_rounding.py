from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.figures.rounding import at_least, at_most

SHARES = st.floats(-5, 5)


@pytest.mark.parametrize(
    ("share", "down", "up"),
    [
        pytest.param(0.899996, "0.8999", "0.9000", id="what falls short of 90 % does not read as 90 %"),
        pytest.param(0.8999999999, "0.8999", "0.9000", id="nor what falls short by very little"),
        pytest.param(0.100001, "0.1000", "0.1001", id="an upper bound is never tighter than it is"),
        pytest.param(0.9, "0.9000", "0.9000", id="what is exact stays so"),
        pytest.param(0.1 + 0.2, "0.3000", "0.3000", id="the computer's own last digit is not the city's"),
        pytest.param(1 - 0.71, "0.2900", "0.2900", id="nor is it where it falls short"),
        pytest.param(-0.07512, "-0.0752", "-0.0751", id="a loss is rounded against the city as well"),
    ],
)
def test_down_for_lower_bounds_and_up_for_upper_ones(share: float, down: str, up: str) -> None:
    assert (at_least(share, 4), at_most(share, 4)) == (Decimal(down), Decimal(up))


@given(SHARES, st.integers(0, 6))
def test_the_truth_stays_between(share: float, digits: int) -> None:
    low, high = at_least(share, digits), at_most(share, digits)
    assert float(low) - 1e-12 <= share <= float(high) + 1e-12
    assert high - low in {Decimal(0), Decimal(1).scaleb(-digits)}


@given(st.tuples(SHARES, SHARES, SHARES).map(sorted), st.integers(0, 6))
def test_figures_in_order_are_published_in_order(figures: list[float], digits: int) -> None:
    lower, value, upper = figures
    assert at_least(lower, digits) <= at_least(value, digits) <= at_most(upper, digits)
