import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

import monitoring.dashboard
from city.model.places import Text
from monitoring.dashboard.language import LANGUAGES, Language, catalogue

ROOT = Path(monitoring.dashboard.__file__).parent
GREEK, ENGLISH = (Language(code, ZoneInfo("Europe/Athens")) for code in LANGUAGES)
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
PLACES = re.compile(r"%\((\w+)\)s")


def in_the_sources() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(ROOT, METHODS, options_map={"templates/**.html": {"newstyle_gettext": "true"}})
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    known = catalogue(code)
    assert {message.id for message in known if message.id} == in_the_sources()
    assert not known.obsolete
    for message in known:
        if message.id:
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            assert all(forms) and not message.fuzzy, message.id


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_translation_has_the_messages_own_places(code: str) -> None:
    for message in catalogue(code):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for form in forms:
            assert form
            assert set(PLACES.findall(form)) == set(PLACES.findall(ids[-1])), message.id


def test_a_missing_translation_would_be_found() -> None:
    assert "Not met yet" in in_the_sources()
    assert ("%(n)s access point, page %(page)s of %(pages)s", "%(n)s access points, page %(page)s of %(pages)s") in (
        in_the_sources()
    )


@pytest.mark.parametrize(
    ("share", "greek", "english"),
    [
        pytest.param(0.764, "76,4%", "76.4%", id="one decimal"),
        pytest.param(0.79999, "79,9%", "79.9%", id="what falls short of 80 % is not shown as 80 %"),
        pytest.param(0.8, "80%", "80%", id="a round share"),
        pytest.param(0.1 + 0.2, "30%", "30%", id="the computer's own last digit is not the city's"),
        pytest.param(-0.0751, "-7,6%", "-7.6%", id="a loss is rounded against us as well"),
        pytest.param(12.5, "1.250%", "1,250%", id="thousands"),
    ],
)
def test_shares_are_rounded_down(share: float, greek: str, english: str) -> None:
    assert (GREEK.at_least(share), ENGLISH.at_least(share)) == (greek, english)


@given(st.floats(-5, 5), st.integers(0, 3))
def test_what_is_shown_encloses_what_was_found(share: float, digits: int) -> None:
    def shown(text: str) -> float:
        return float(text.replace(",", "").removesuffix("%")) / 100

    low, high = shown(ENGLISH.at_least(share, digits)), shown(ENGLISH.at_most(share, digits))
    assert low - 1e-9 <= share <= high + 1e-9
    assert high - low <= 10 ** -(digits + 2) + 1e-9


def test_numbers_dates_and_times_are_the_languages_own() -> None:
    at = datetime(2026, 6, 10, 12, 5, tzinfo=UTC)
    assert (GREEK.number(1234567.891), ENGLISH.number(1234567.891)) == ("1.234.567,89", "1,234,567.89")
    assert (GREEK.day(date(2026, 11, 3)), ENGLISH.day(date(2026, 11, 3))) == ("3 Νοεμβρίου 2026", "3 November 2026")
    assert (GREEK.time(at), ENGLISH.time(at)) == ("10 Ιουνίου 2026, 15:05", "10 June 2026, 15:05")
    assert GREEK.moment(date(2026, 6, 10)) == "10 Ιουνίου 2026"
    assert (GREEK.ago(at - timedelta(days=3), at), ENGLISH.ago(at - timedelta(days=3), at)) == (
        "πριν από 3 ημέρες",
        "3 days ago",
    )


def test_a_text_of_the_city_is_given_in_the_language() -> None:
    text = Text(el="Πύλη", en="Portal")
    assert (GREEK.text(text), ENGLISH.text(text)) == ("Πύλη", "Portal")
    assert GREEK.ngettext("%(n)s access point, page %(page)s of %(pages)s", "", 1).startswith("%(n)s σημείο")
