from datetime import UTC, date, datetime

import pytest

from asty.observed import lines
from city.model.places import Text
from city.model.promises import PromiseId
from monitoring.promises.figure import Bounds, Figure, Period

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)


def said(value: float | None, lower: float | None, upper: float | None) -> list[str]:
    figure = Figure(
        id=PromiseId.AVAILABILITY,
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
    )
    return list(lines((figure,)))


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
    assert said(value, lower, upper) == [f"Availability: {first}", f"    promised 90.00 % by 2030-12-31: {kept}"]
