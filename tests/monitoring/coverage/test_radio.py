import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from monitoring.coverage.radio import Street, p1411_db, umi_los_db, umi_los_probability, umi_nlos_db

POINTS = json.loads((Path(__file__).parents[1] / "data" / "radio_reference_points.json").read_text(encoding="utf-8"))
CLOSE_DB = 0.01


@pytest.mark.parametrize(("distance_m", "loss_db"), POINTS["umi_los"])
def test_umi_in_line_of_sight_agrees_with_ns3(distance_m: float, loss_db: float) -> None:
    assert float(umi_los_db(distance_m, 5.0, 10.0, 1.5)) == pytest.approx(loss_db, abs=CLOSE_DB)


@pytest.mark.parametrize(("distance_m", "loss_db"), POINTS["umi_nlos"])
def test_umi_without_line_of_sight_agrees_with_ns3(distance_m: float, loss_db: float) -> None:
    assert float(umi_nlos_db(distance_m, 5.0, 10.0, 1.5)) == pytest.approx(loss_db, abs=CLOSE_DB)


@pytest.mark.parametrize(("distance_m", "probability"), POINTS["umi_los_probability"])
def test_probability_of_line_of_sight(distance_m: float, probability: float) -> None:
    assert float(umi_los_probability(distance_m)) == pytest.approx(probability, abs=0.00005)


@pytest.mark.parametrize(("f_ghz", "distance_m", "row", "loss_db"), POINTS["p1411"])
def test_p1411(f_ghz: float, distance_m: float, row: str, loss_db: float) -> None:
    assert float(p1411_db(distance_m, f_ghz, Street[row])) == pytest.approx(loss_db, abs=CLOSE_DB)


@pytest.mark.parametrize(
    ("distance_m", "f_ghz", "base_m", "user_m", "named"),
    [
        pytest.param(9.9, 5.0, 10.0, 1.5, "distance", id="nearer than 10 m"),
        pytest.param(5001, 5.0, 10.0, 1.5, "distance", id="farther than 5 km"),
        pytest.param([50, 6000], 5.0, 10.0, 1.5, "6000 m", id="one of many is too far, and is named"),
        pytest.param(float("nan"), 5.0, 10.0, 1.5, "distance", id="not a number"),
        pytest.param(50, 0.4, 10.0, 1.5, "frequency", id="below 0.5 GHz"),
        pytest.param(50, 101.0, 10.0, 1.5, "frequency", id="above 100 GHz"),
        pytest.param(50, 5.0, 2.0, 1.5, "access point", id="a base at a person's height"),
        pytest.param(50, 5.0, 25.0, 1.5, "access point", id="a base above the roofs"),
        pytest.param(50, 5.0, 10.0, 1.0, "user", id="a user below 1.5 m"),
    ],
)
def test_umi_refuses_what_it_was_not_made_for(
    distance_m: float | list[float], f_ghz: float, base_m: float, user_m: float, named: str
) -> None:
    for formula in (umi_los_db, umi_nlos_db):
        with pytest.raises(InvalidInput, match=named):
            formula(distance_m, f_ghz, base_m, user_m)


@pytest.mark.parametrize(
    ("distance_m", "f_ghz", "street"),
    [
        pytest.param(29, 2.44, Street.NLOS_URBAN_HIGH_RISE, id="high rise begins at 30 m"),
        pytest.param(661, 2.44, Street.LOS_URBAN, id="line of sight ends at 660 m"),
        pytest.param(100, 2.44, Street.NLOS_LOW_RISE, id="low rise was measured from 10 GHz up"),
        pytest.param(171, 5.5, Street.NLOS_RESIDENTIAL, id="residential ends at 170 m"),
    ],
)
def test_p1411_refuses_what_was_not_measured(distance_m: float, f_ghz: float, street: Street) -> None:
    with pytest.raises(InvalidInput, match="holds from"):
        p1411_db(distance_m, f_ghz, street)


HEIGHTS = st.floats(3, 20)
DISTANCES = st.floats(10, 5000)


@pytest.mark.slow
@given(DISTANCES, DISTANCES, st.floats(0.5, 100), HEIGHTS, st.floats(1.5, 22.5))
def test_losses_grow_with_distance_across_the_break_point_too(
    one: float, other: float, f_ghz: float, base_m: float, user_m: float
) -> None:
    near, far = sorted((one, other))
    for formula in (umi_los_db, umi_nlos_db):
        losses = formula([near, far], f_ghz, base_m, user_m)
        assert losses[1] >= losses[0] - 1e-9


@given(DISTANCES, st.floats(0.5, 100), HEIGHTS)
def test_a_hidden_user_never_hears_better(distance_m: float, f_ghz: float, base_m: float) -> None:
    assert umi_nlos_db(distance_m, f_ghz, base_m, 1.5) >= umi_los_db(distance_m, f_ghz, base_m, 1.5)


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_line_of_sight_gets_rarer(one: float, other: float) -> None:
    near, far = umi_los_probability(sorted((one, other)))
    assert 0 <= far <= near + 1e-12 <= 1 + 1e-9


def test_arrays_and_single_values_agree() -> None:
    distances = np.array([10.0, 77.0, 300.0, 4000.0])
    singly = [float(umi_nlos_db(d, 2.437, 6.0, 1.5)) for d in distances]
    assert umi_nlos_db(distances, 2.437, 6.0, 1.5).tolist() == pytest.approx(singly)
