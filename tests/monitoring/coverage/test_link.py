import dataclasses
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.coverage.link import NEGLIGIBLE, Link, measured_streets, reach_m, share_of_places, street_canyon
from monitoring.coverage.radio import umi_los_db, umi_los_probability, umi_nlos_db

POLE = Link(frequency_ghz=2.437, eirp_dbm=20, height_m=6, client_height_m=1.5, body_loss_db=3, threshold_dbm=-67)


@pytest.mark.parametrize(
    ("threshold_dbm", "quantile", "radius_m"),
    [
        (-67, 0.95, 26),
        (-67, 0.90, 30),
        (-67, 0.75, 40),
        (-67, 0.50, 58),
        (-82, 0.95, 46),
        (-82, 0.90, 55),
        (-82, 0.75, 74),
        (-82, 0.50, 104),
    ],
)
def test_radius_of_a_pole_agrees_with_the_independent_calculation(
    threshold_dbm: float, quantile: float, radius_m: float
) -> None:
    link = dataclasses.replace(POLE, threshold_dbm=threshold_dbm)
    distances = np.arange(1.0, 400)
    heard = distances[share_of_places(link, distances) >= quantile]
    assert heard[-1] == pytest.approx(radius_m, abs=1)


def test_one_distance_by_hand() -> None:
    """The mixture written out for 50 m, with the standard library's normal distribution."""
    los, nlos = float(umi_los_db(50, 2.437, 6, 1.5)), float(umi_nlos_db(50, 2.437, 6, 1.5))
    seen = float(umi_los_probability(50))
    bearable = 20 - 3 + 67
    expected = seen * NormalDist(los, 4).cdf(bearable) + (1 - seen) * NormalDist(nlos, 7.82).cdf(bearable)
    assert float(share_of_places(POLE, 50)) == pytest.approx(expected, abs=1e-12)


def test_under_the_pole_counts_as_ten_metres_away_in_line_of_sight() -> None:
    assert float(share_of_places(POLE, 0)) == pytest.approx(float(share_of_places(POLE, 10)), abs=1e-12)


def test_the_second_opinion_says_nothing_beyond_its_measurements() -> None:
    strong = dataclasses.replace(POLE, threshold_dbm=-120)
    assert float(share_of_places(strong, 716, measured_streets)) == 0.0
    assert float(share_of_places(strong, 600, measured_streets)) > 0.8


def test_both_opinions_agree_on_the_size_of_a_footprint() -> None:
    distances = np.arange(1.0, 400)
    radii = [
        float(distances[share_of_places(POLE, distances, model) >= 0.75][-1])
        for model in (street_canyon, measured_streets)
    ]
    assert 0.5 < radii[0] / radii[1] < 2


@pytest.mark.slow
@given(st.floats(0, 5000), st.floats(-30, 36), st.floats(0, 20))
def test_a_share_is_a_share_and_power_never_hurts(distance_m: float, eirp_dbm: float, more_db: float) -> None:
    weak = dataclasses.replace(POLE, eirp_dbm=eirp_dbm)
    strong = dataclasses.replace(POLE, eirp_dbm=eirp_dbm + more_db)
    for model in (street_canyon, measured_streets):
        little, much = (float(share_of_places(link, distance_m, model)) for link in (weak, strong))
        assert 0 <= little <= much + 1e-12 <= 1 + 1e-9


def test_nothing_worth_counting_lies_beyond_the_reach() -> None:
    reach = reach_m(POLE)
    beyond = share_of_places(POLE, np.arange(reach + 1, 5000))
    assert beyond.max() < NEGLIGIBLE <= float(share_of_places(POLE, reach))


def test_a_radio_that_nobody_hears_reaches_nowhere() -> None:
    assert reach_m(dataclasses.replace(POLE, eirp_dbm=-90)) == 0.0


def test_equal_links_are_worked_out_once() -> None:
    reach_m.cache_clear()
    assert reach_m(POLE) == reach_m(dataclasses.replace(POLE))
    assert (reach_m.cache_info().hits, reach_m.cache_info().misses) == (1, 1)
    assert math.isfinite(reach_m(POLE))
