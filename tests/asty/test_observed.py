import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from asty.observed import LAB, lines, taker
from city.load import load
from city.model.places import Text
from monitoring.figures.figure import Bounds, Figure, Period
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.snapshot import NEVER_SEEN, ObservedIn, Snapshot, Standing

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)


def said(
    value: float | None, lower: float | None, upper: float | None, observed_in: ObservedIn = ObservedIn.CITY
) -> list[str]:
    figure = Figure(
        id="availability",
        name=Text(el="Διαθεσιμότητα", en="Availability"),
        bounds=Bounds(value=value, lower=lower, upper=upper),
        target=0.9,
        due=date(2030, 12, 31),
        unit="share",
        as_of=NOON,
        period=Period(start=NOON, end=NOON),
        formula=Text(el="", en=""),
        inputs=(),
        promised_in="a page",
        city_data="0123",
    )
    return list(
        lines(Snapshot(at=NOON, figures=(figure,), states={}, access_points={}, standings={}, observed_in=observed_in))
    )


@pytest.mark.parametrize(
    ("value", "lower", "upper", "first", "kept"),
    [
        pytest.param(
            0.899996, 0.899996, 0.899996, "89.99 % (between 89.99 % and 90.00 %)", "not kept", id="a hair too little"
        ),
        pytest.param(0.95, 0.899996, 0.95, "95.00 % (between 89.99 % and 95.00 %)", "cannot be told", id="straddling"),
        pytest.param(0.9, 0.9, 0.900001, "90.00 % (between 90.00 % and 90.01 %)", "kept", id="just enough"),
        pytest.param(None, None, None, "unknown (between unknown and unknown)", "cannot be told", id="nothing known"),
    ],
)
def test_what_is_shown_agrees_with_whether_it_is_kept(
    value: float | None, lower: float | None, upper: float | None, first: str, kept: str
) -> None:
    told = [f"Availability: {first}", f"    promised 90.00 % by 2030-12-31: {kept}"]
    assert said(value, lower, upper) == told
    assert said(value, lower, upper, ObservedIn.LAB) == [*told, LAB]


def test_what_is_taken_says_that_a_lab_was_observed_and_how_its_services_stand() -> None:
    city = load(Path(__file__).parents[2] / "cities" / "example")
    down = Observation(subject="service:portal", at=NOON, state=State.DOWN, reach=timedelta(minutes=1))
    with Ledger("sqlite://", city.id) as ledger:
        ledger.observe([down])
        taken = taker(city, ledger)(NOON)
    assert taken.observed_in is ObservedIn.LAB
    assert taken.standing_of("service:portal") == Standing(state=State.DOWN, since=NOON)
    assert taken.standing_of("service:identity") == NEVER_SEEN


@pytest.mark.parametrize(
    ("first", "hours", "lower"),
    [
        pytest.param(NOON - timedelta(hours=2), 2, 0.5, id="since it is observed, with the gap in it"),
        pytest.param(NOON - timedelta(days=2), 24, 0.0, id="a day where it is observed for longer"),
        pytest.param(NOON + timedelta(hours=1), 24, 0.0, id="a day where nobody looked by then"),
    ],
)
def test_availability_is_counted_over_a_day_or_since_the_city_is_observed(
    first: datetime, hours: int, lower: float
) -> None:
    city = load(Path(__file__).parents[2] / "cities" / "example")
    always = replace(city, services=tuple(one for one in city.services if one.id == "portal"))
    seen = Observation(subject="service:portal", at=first, state=State.UP, reach=timedelta(hours=1))
    with Ledger("sqlite://", city.id) as ledger:
        ledger.observe([seen])
        ledger.observe([replace(seen, subject="device:x", reach=timedelta(minutes=1))])
        figure = next(one for one in taker(always, ledger)(NOON).figures if one.id == "availability")
    assert figure.period == Period(start=NOON - timedelta(hours=hours), end=NOON)
    assert figure.lower == pytest.approx(lower)
    assert figure.upper == pytest.approx(1)


@pytest.mark.slow
def test_to_know_that_it_is_a_lab_nobody_loads_the_lab() -> None:
    program = "import sys, asty.observed; sys.exit(any(name in sys.modules for name in ('openstack', 'lab.lab')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
