import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.geography import Point
from city.model.city import City
from city.model.wireless import Security
from monitoring.coverage import share
from monitoring.coverage.link import measured_streets, share_of_places
from monitoring.coverage.share import _best_link, coverage, footprints, with_others
from tests.monitoring.measured import EXAMPLE, RULE

PRINTS = footprints(EXAMPLE, RULE)
ALL = PRINTS.access_points
ANY_OF_THEM = st.sets(st.sampled_from(ALL))


def with_access_points_at(city: City, positions: Sequence[Point]) -> City:
    """As many copies of the city's first access point as there are positions."""
    first = city.access_points[0]
    made = (dataclasses.replace(first, id=f"ap-{i:04}", position=at) for i, at in enumerate(positions))
    return dataclasses.replace(city, access_points=tuple(made))


def by_brute_force(city: City, up: set[str]) -> tuple[float, float]:
    """Covered and expected residents from every pair, near or far."""
    people = PRINTS.residents
    silence, best = np.ones_like(people.people), np.zeros_like(people.people)
    for ap in city.access_points:
        link = _best_link(ap, RULE)
        if link is None or ap.id not in up:
            continue
        east, north = city.boundary.plane.to_metres(ap.position)
        heard = share_of_places(link, np.hypot(people.x - east, people.y - north))
        silence, best = silence * (1 - heard), np.maximum(best, heard)
    covered = people.people[best >= RULE.quantile].sum()
    return float(covered), float((people.people * (1 - silence)).sum())


def test_the_windowed_sum_is_the_sum_over_every_pair() -> None:
    up = set(ALL[::2])
    covered, expected = by_brute_force(EXAMPLE, up)
    assert PRINTS.covered(up) == pytest.approx(covered, rel=1e-12)
    assert PRINTS.expected(up) == pytest.approx(expected, rel=2e-3), "beyond reach each pair adds less than 1e-4"
    assert 0 < covered < PRINTS.residents.total


def test_designed_counts_every_access_point_whatever_was_seen() -> None:
    dark, bright = coverage(PRINTS, (), ()), coverage(PRINTS, ALL, ())
    assert dark.designed == bright.designed == bright.lower == bright.upper
    assert (dark.lower, dark.upper, dark.expected) == (0, 0, 0)
    assert dark.residents == pytest.approx(EXAMPLE.population.total)


def test_unknown_is_down_for_the_lower_bound_and_up_for_the_upper() -> None:
    found = coverage(PRINTS, ALL[:4], ALL[4:8])
    assert found.lower == coverage(PRINTS, ALL[:4], ()).lower
    assert found.upper == coverage(PRINTS, ALL[:8], ()).lower
    assert found.lower < found.upper < found.designed


def test_one_access_point_concerns_its_own_places_only() -> None:
    before, after = PRINTS.covered_places(ALL), PRINTS.covered_places(set(ALL) - {ALL[0]})
    row = PRINTS.place[PRINTS.rows[0] : PRINTS.rows[1]]
    changed = np.flatnonzero(before != after)
    assert changed.size > 0
    assert set(changed) <= set(row)


@given(ANY_OF_THEM, ANY_OF_THEM)
def test_more_access_points_never_cover_fewer_residents(some: set[str], more: set[str]) -> None:
    few, many = coverage(PRINTS, some, more), coverage(PRINTS, some | more, ())
    assert few.lower <= many.lower == few.upper <= few.designed <= 1
    assert few.expected <= many.expected + 1e-12
    assert PRINTS.covered(some) == pytest.approx(float(PRINTS.residents.people[PRINTS.covered_places(some)].sum()))


@pytest.mark.parametrize(
    ("change", "designed"),
    [
        pytest.param({"threshold_dbm": -10.0}, 0.0, id="a threshold that nobody reaches"),
        pytest.param({"quantile": 0.83}, 0.002434210526, id="a quantile that the nearest places alone reach"),
        pytest.param({"quantile": 0.99}, 0.0, id="a quantile that footprints of this size do not reach on the grid"),
    ],
)
def test_the_rule_decides(change: dict[str, float], designed: float) -> None:
    rule = dataclasses.replace(RULE, **change)  # type: ignore[arg-type]  # all three are floats
    strict = footprints(EXAMPLE, rule)
    assert coverage(strict, ALL, ()).designed < coverage(PRINTS, ALL, ()).designed
    assert coverage(strict, ALL, ()).designed == pytest.approx(designed, abs=1e-9)


def test_an_access_point_without_the_band_covers_nobody() -> None:
    deaf = tuple(dataclasses.replace(ap, radios=()) for ap in EXAMPLE.access_points)
    prints = footprints(dataclasses.replace(EXAMPLE, access_points=deaf), RULE)
    assert (prints.access_points, coverage(prints, (), ()).designed) == ((), 0.0)


@pytest.mark.parametrize(
    ("ssids", "security", "counts"),
    [
        pytest.param(("staff",), Security.OWE, False, id="staff alone serves nobody else"),
        pytest.param((), Security.OWE, False, id="no SSID at all"),
        pytest.param(("free",), Security.OWE, True, id="OWE"),
        pytest.param(("staff", "free"), Security.OPEN, True, id="open, beside staff"),
    ],
)
def test_only_access_points_of_the_free_wifi_count(ssids: tuple[str, ...], security: Security, counts: bool) -> None:  # noqa: FBT001 - a table's column
    first, *others = EXAMPLE.access_points
    changed = dataclasses.replace(
        EXAMPLE,
        access_points=(dataclasses.replace(first, ssids=ssids), *others),
        ssids=tuple(
            dataclasses.replace(ssid, security=security) if ssid.id == "free" else ssid for ssid in EXAMPLE.ssids
        ),
    )
    prints = footprints(changed, RULE)
    assert prints.access_points == (ALL if counts else ALL[1:])
    assert coverage(prints, ALL, ()) == coverage(PRINTS if counts else footprints(without_the_first(), RULE), ALL, ())


def without_the_first() -> City:
    return dataclasses.replace(EXAMPLE, access_points=EXAMPLE.access_points[1:])


def test_the_second_opinion_is_of_the_same_size() -> None:
    first, second = (coverage(p, ALL, ()).designed for p in (PRINTS, footprints(EXAMPLE, RULE, measured_streets)))
    assert 0.3 < first / second < 3


@pytest.mark.slow
def test_in_a_large_city_only_what_is_in_reach_is_computed() -> None:
    """420 access points on some 8,000 places, the size of the first city."""
    west, south, east, north = EXAMPLE.boundary.bounds
    grid = [
        Point(west + (east - west) * i / 21, south + (north - south) * j / 20) for i in range(21) for j in range(20)
    ]
    rule = dataclasses.replace(RULE, grid_m=22.0)
    prints = footprints(with_access_points_at(EXAMPLE, grid), rule)
    places = len(prints.residents.people)
    assert places > 8000
    assert len(grid) * 10 < len(prints.place) < len(grid) * places / 20, "of all pairs a twentieth at most"


def test_a_live_state_computes_no_radio_link_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        pytest.fail("what each access point reaches is known")

    for name in ("_pairs_in_reach", "_heard", "spread"):
        monkeypatch.setattr(share, name, never)
    with pytest.raises(pytest.fail.Exception, match="is known"):
        footprints(EXAMPLE, RULE)
    assert coverage(PRINTS, ALL[:5], ALL[5:7]).designed > 0


@given(changed=st.dictionaries(st.sampled_from(ALL), st.integers(-10, 30), max_size=4), up=ANY_OF_THEM)
def test_access_points_with_another_power_count_as_a_city_that_declares_it(
    changed: dict[str, int], up: set[str]
) -> None:
    city = dataclasses.replace(
        EXAMPLE,
        access_points=tuple(
            dataclasses.replace(
                ap, radios=tuple(dataclasses.replace(r, eirp_dbm=float(changed[ap.id])) for r in ap.radios)
            )
            if ap.id in changed
            else ap
            for ap in EXAMPLE.access_points
        ),
    )
    others = [ap for ap in city.access_points if ap.id in changed]
    found, expected = (
        coverage(p, up, ()) for p in (with_others(PRINTS, EXAMPLE, RULE, others), footprints(city, RULE))
    )
    assert (found.lower, found.designed) == (expected.lower, expected.designed)
    assert found.expected == pytest.approx(expected.expected)
