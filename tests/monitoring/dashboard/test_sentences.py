import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from city.model.places import Text
from monitoring.dashboard.language import Language
from monitoring.dashboard.sentences import Card, Kept, card
from monitoring.figures.figure import Bounds, Figure, Input, Period
from monitoring.promises.availability import HOURS

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
ENGLISH, GREEK = Language("en", ZoneInfo("UTC")), Language("el", ZoneInfo("UTC"))


def figure(promise: str, value: float | None, lower: float | None, upper: float | None) -> Figure:
    facts = {"designed": 0.5, "download_mbps": 30, "services": 20, "services_observed": 6}
    return Figure(
        id=promise,
        name=Text(el="Υπόσχεση", en="Promise"),
        bounds=Bounds(value=value, lower=lower, upper=upper),
        target=0.3,
        due=date(2030, 12, 31),
        unit="share",
        as_of=NOW,
        period=Period(start=NOW - timedelta(days=1), end=NOW),
        formula=Text(el="τύπος", en="formula"),
        inputs=tuple(
            Input(name=name, label=Text(el=name, en=name), value=fact, source="a file") for name, fact in facts.items()
        ),
        promised_in="a page",
    )


def shown(promise: str, value: float | None, lower: float | None, upper: float | None) -> Card:
    return card(figure(promise, value, lower, upper), ENGLISH, NOW)


@pytest.mark.parametrize(
    ("promise", "value", "sentence"),
    [
        pytest.param(
            "wireless-coverage",
            0.4251,
            "42.5% of residents live where the city's free Wi-Fi can be used in the street now. "
            "With every access point up it would be 50%.",
            id="coverage says the design beside it",
        ),
        pytest.param(
            "wireless-coverage",
            None,
            "Nobody can say how many residents the free Wi-Fi reaches now: no access point has been seen. "
            "With every access point up it would be 50%.",
            id="coverage that nobody saw",
        ),
        pytest.param(
            "broadband",
            0.9,
            "90% of the households whose connection is known have at least 30 Mbit/s.",
            id="broadband says its speed",
        ),
        pytest.param(
            "broadband",
            None,
            "Nobody can say how many households have at least 30 Mbit/s.",
            id="no connection is known",
        ),
        pytest.param("running-cost", 0.31, "Running ICT costs 31% less than in the baseline.", id="a saving"),
        pytest.param(
            "running-cost", -0.051, "Running ICT costs 5.1% more than in the baseline.", id="a rise is a rise"
        ),
        pytest.param(
            "running-cost",
            None,
            "Nobody can say what was saved: the data hold no actual cost of a finished period.",
            id="no accounts",
        ),
        pytest.param(
            "availability",
            0.99951,
            "From 9 June 2026, 12:00 to 10 June 2026, 12:00 the municipal services were up 99.95% of the agreed "
            "time observed, seen at 6 of 20 services.",
            id="availability has hundredths and a period",
        ),
        pytest.param(
            "availability",
            None,
            "From 9 June 2026, 12:00 to 10 June 2026, 12:00 nobody observed the municipal services.",
            id="availability that nobody saw",
        ),
    ],
)
def test_sentence(promise: str, value: float | None, sentence: str) -> None:
    assert shown(promise, value, 0.0, 1.0).sentence == sentence


def test_the_greek_sentence_says_from_how_many_services_availability_was_seen() -> None:
    found = card(figure("availability", 0.99951, 0.3, 1.0), GREEK, NOW).sentence
    assert found.endswith("στο 99,95% του συμφωνημένου χρόνου που παρατηρήθηκε, σε 6 από τις 20 υπηρεσίες.")


@pytest.mark.parametrize(
    ("lower", "upper", "due", "kept", "text"),
    [
        (0.3, 0.4, date(2030, 12, 31), Kept.MET, "Met"),
        (0.1, 0.2, date(2030, 12, 31), Kept.NOT_MET, "Not met yet"),
        (0.1, 0.2, date(2026, 6, 9), Kept.NOT_MET, "Not met"),
        (0.1, 0.4, date(2030, 12, 31), Kept.CANNOT_TELL, "Cannot tell"),
        (None, None, date(2030, 12, 31), Kept.CANNOT_TELL, "Cannot tell"),
    ],
)
def test_verdict(lower: float | None, upper: float | None, due: date, kept: Kept, text: str) -> None:
    judged = dataclasses.replace(figure("broadband", lower, lower, upper), due=due)
    found = card(judged, ENGLISH, NOW)
    assert (found.kept, found.kept_text) == (kept, text)


def test_a_promise_is_due_at_the_end_of_its_day_in_the_city() -> None:
    judged = dataclasses.replace(figure("broadband", 0.1, 0.1, 0.2), due=date(2026, 6, 9))
    athens = Language("en", ZoneInfo("Europe/Athens"))
    last_minute, midnight = (datetime(2026, 6, 9, *clock, tzinfo=UTC) for clock in ((20, 59), (21, 0)))
    assert card(judged, athens, last_minute).kept_text == "Not met yet"
    assert card(judged, athens, midnight).kept_text == "Not met"


def test_bounds_say_what_is_unknown() -> None:
    assert shown("broadband", 0.5, 0.401, 0.6011).bounds == "With what is unknown, it lies between 40.1% and 60.2%."
    assert shown("broadband", 0.5, 0.5, 0.5).bounds == "Nothing in it is unknown."
    assert shown("broadband", None, None, None).bounds == ""


def test_target_and_age() -> None:
    assert shown("running-cost", 0.1, 0.1, 0.1).target == "Promised: at least 30% less by 31 December 2030."
    assert shown("broadband", 0.1, 0.1, 0.1).target == "Promised: at least 30% by 31 December 2030."
    assert shown("broadband", 0.1, 0.1, 0.1).age == "Data of 10 June 2026, 12:00."
    yearly = dataclasses.replace(figure("broadband", 0.1, 0.1, 0.1), as_of=date(2024, 6, 10))
    assert card(yearly, ENGLISH, NOW).age == "Data of 10 June 2024 (2 years ago)."
    assert card(yearly, GREEK, NOW).age == "Στοιχεία: 10 Ιουνίου 2024 (πριν από 2 έτη)."


def test_the_gauge_stays_on_its_scale() -> None:
    wide = shown("running-cost", 0.075, -2.07, 1.4)
    assert (wide.gauge_from, wide.gauge_value, wide.gauge_to, wide.gauge_target) == (0.0, 7.5, 100.0, 30.0)
    blank = shown("running-cost", None, None, None)
    assert (blank.gauge_from, blank.gauge_value, blank.known, blank.value) == (None, None, False, "not known")


def test_inputs_are_shown_with_units_and_what_is_not_known_is_said() -> None:
    inputs = (
        Input(name="a", label=Text(el="a", en="a"), value=None, source="s", unit=HOURS),
        Input(name="b", label=Text(el="b", en="b"), value=0.12345, source="s", unit="share"),
        Input(name="u", label=Text(el="u", en="u"), value=0.12341, source="s", unit="share", is_upper=True),
        Input(name="c", label=Text(el="c", en="c"), value=1234, source="s", unit="residents", unit_in_label=True),
        Input(name="d", label=Text(el="d", en="d"), value=-67.0, source="s", unit="dBm"),
        Input(name="e", label=Text(el="e", en="e"), value="2.4GHz", source="s"),
    )
    shown = card(dataclasses.replace(figure("running-cost", 1, 1, 1), inputs=inputs), ENGLISH, NOW).rows
    assert [(row.value, row.unit) for row in shown] == [
        ("not known", "hours"),
        ("12.34%", ""),
        ("12.35%", ""),
        ("1,234", ""),
        ("-67", "dBm"),
        ("2.4GHz", ""),
    ]
