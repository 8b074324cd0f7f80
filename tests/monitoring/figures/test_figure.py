import dataclasses
import json
from datetime import UTC, date, datetime

import pytest

from city.model.places import Text
from monitoring.figures.figure import Bounds, Figure, Input, Period, as_json

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)


def figure(lower: float | None, upper: float | None, target: float = 0.8) -> Figure:
    return Figure(
        id="broadband",
        name=Text(el="Όνομα", en="Name"),
        bounds=Bounds(value=lower, lower=lower, upper=upper),
        target=target,
        due=date(2030, 12, 31),
        unit="share of households",
        as_of=NOON,
        period=Period(start=NOON, end=NOON),
        formula=Text(el="μέρος / όλο", en="part / whole"),
        inputs=(Input(name="a", label=Text(el="μέρος", en="part"), value=1 / 3, source="a file"),),
        promised_in="a page",
    )


@pytest.mark.parametrize(
    ("lower", "upper", "met"),
    [
        pytest.param(0.8, 0.9, True, id="met where even the lower bound reaches the target"),
        pytest.param(0.1, 0.7999, False, id="not met where the upper bound falls short"),
        pytest.param(0.7, 0.9, None, id="cannot tell where the bounds straddle the target"),
        pytest.param(0.7, 0.8, None, id="cannot tell where only the upper bound reaches it"),
        pytest.param(0.0, 1.0, None, id="cannot tell where nothing is known"),
        pytest.param(None, None, None, id="cannot tell without bounds"),
    ],
)
def test_met(lower: float | None, upper: float | None, met: bool | None) -> None:  # noqa: FBT001 - the expectation
    assert figure(lower, upper).met is met


def test_the_keys_are_those_that_others_build_on() -> None:
    found = figure(0.25, 0.5).as_json()
    promised = {"value", "lower", "upper", "target", "met", "unit", "as_of", "period", "formula", "inputs"}
    assert promised <= set(found)
    assert (found["value"], found["upper"], found["met"]) == (0.25, 0.5, False)
    assert found["as_of"] == "2030-03-31T12:00:00+00:00"
    assert found["period"] == {"start": "2030-03-31T12:00:00+00:00", "end": "2030-03-31T12:00:00+00:00"}
    assert found["inputs"] == {"a": {"value": 0.333333, "unit": "", "source": "a file"}}


def test_the_value_and_lower_bounds_are_rounded_down_and_upper_bounds_up() -> None:
    bounds = Bounds(value=0.9999996, lower=0.8999996, upper=0.9999996)
    label = Text(el="μερίδιο", en="share")
    inputs = tuple(
        Input(name=name, label=label, value=0.1234565, source="a file", unit="share", is_upper=name == "upper")
        for name in ("lower", "upper")
    )
    found = dataclasses.replace(figure(0, 1), bounds=bounds, inputs=inputs).as_json()
    assert (found["lower"], found["value"], found["upper"]) == (0.899999, 0.999999, 1.0)
    assert isinstance(found["inputs"], dict)
    shares = [found["inputs"][name] for name in ("lower", "upper")]
    assert [share["value"] for share in shares if isinstance(share, dict)] == [0.123456, 0.123457]


def test_figures_are_json_by_promise() -> None:
    text = json.dumps(as_json([figure(None, None)]), allow_nan=False)
    assert json.loads(text)["broadband"]["lower"] is None


def test_an_input_is_found_by_name() -> None:
    assert figure(0, 1).input("a").source == "a file"
    with pytest.raises(StopIteration):
        figure(0, 1).input("b")
