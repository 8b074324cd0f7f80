"""The report as a page: both languages, nothing from elsewhere, and text of others stays text."""
# ruff: noqa: RUF001 - Greek letters are meant

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from drs.check import Answer
from drs.drill.entry import Approved, Overridden, Stopped, TakenOver
from drs.drill.known import Stage
from drs.report.page import page
from drs.report.words import WORDS, Code, say
from drs.step import Mode
from tests.drs.drill.test_run import measured
from tests.drs.report.test_facts import IDENTITY, after, seen, told
from tests.drs.twins import city

LANGUAGES: tuple[Code, ...] = get_args(Code)
GREEK = re.compile("[α-ωά-ώ]")


class Text(HTMLParser):
    """What a person reads on a page, and every tag of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.said.append(data.strip())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_tells_time_promised_and_measured_of_each_service(language: Code) -> None:
    said = Text(page(told(*IDENTITY), language)).said
    name = city().service("identity").name
    at = said.index({"el": name.el, "en": name.en}[language])
    row = [text for text in said[at:] if text][1:10]
    assert (
        row
        == {
            "el": ["30 λεπτά", "–", "9 λεπτά", "άγνωστο", "ναι", "–", "5 λεπτά", "άγνωστο", "άγνωστο"],
            "en": ["30 minutes", "–", "9 minutes", "unknown", "yes", "–", "5 minutes", "unknown", "unknown"],
        }[language]
    )


@pytest.mark.parametrize(
    ("lost", "lost_s", "row"),
    [
        pytest.param(
            3, 0.5, ["4.2 seconds", "yes", "–", "5 minutes", "3 of 900 records within 0.5 seconds", "yes"], id="few"
        ),
        pytest.param(
            9, 301, ["4.2 seconds", "yes", "–", "5 minutes", "9 of 900 records within 5.1 minutes", "no"], id="many"
        ),
        pytest.param(0, None, ["4.2 seconds", "yes", "–", "5 minutes", "0 of 900 records", "yes"], id="nothing"),
        pytest.param(
            3, None, ["4.2 seconds", "yes", "–", "5 minutes", "3 of 900 records", "unknown"], id="who knows how long"
        ),
    ],
)
def test_what_a_client_outside_measured_stands_beside_what_was_promised(
    lost: int, lost_s: float | None, row: list[str]
) -> None:
    said = Text(page(told(*IDENTITY, replace(measured("identity", lost=lost), lost_s=lost_s)), "en")).said
    at = said.index(city().service("identity").name.en)
    assert [text for text in said[at:] if text][4:10] == row
    assert "marks written by name each 20 ms" in said


@pytest.mark.parametrize(
    ("lost_s", "told_of"),
    [
        (0.0, {"en": ["no files", "yes"], "el": ["κανένα αρχείο", "ναι"]}),
        (
            301.0,
            {
                "en": ["files of at most 5.1 minutes before the drill", "no"],
                "el": ["αρχεία έως 5,1 λεπτά πριν από την άσκηση", "όχι"],
            },
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_records_were_counted_the_copy_tells_which_files_may_be_missing(
    lost_s: float, told_of: dict[str, list[str]], language: Code
) -> None:
    files = replace(measured("identity", acknowledged=None, lost=None), lost_s=lost_s)
    said = Text(page(told(*IDENTITY, files), language)).said
    name = city().service("identity").name
    at = said.index({"el": name.el, "en": name.en}[language])
    assert [text for text in said[at:] if text][8:10] == told_of[language]


def test_whether_the_mtd_was_kept_stands_beside_whether_the_rto_was() -> None:
    borne = replace(city().service("identity"), mtd=timedelta(seconds=4))
    of = replace(city(), services=tuple(borne if one.id == "identity" else one for one in city().services))
    said = Text(page(told(*IDENTITY, measured("identity"), of=of), "en")).said
    at = said.index(borne.name.en)
    assert [text for text in said[at:] if text][2:7] == ["4 seconds", "9 minutes", "4.2 seconds", "yes", "no"]


def test_a_page_says_from_which_machines_the_drill_was_conducted_and_how_to_prove_it() -> None:
    facts = told(*IDENTITY, TakenOver(at=after(10), by="nikos", machine="desk"))
    said = Text(page(facts, "en")).said
    assert "laptop, desk" in said
    assert facts.run.plan.digest in said
    assert f"asty drill verify --drill d1 --head {facts.head}" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_needs_nothing_from_elsewhere(language: Code) -> None:
    made = Text(page(told(*IDENTITY), language))
    assert not made.tags & {"script", "img", "link", "iframe", "form", "object"}
    assert not made.attributes & {"src", "href", "onclick", "style"}


def test_text_of_others_stays_text() -> None:
    nasty = '<script>alert("x")</script>{{ 7 * 7 }}'
    facts = told(
        replace(seen("site_ready", 1, Answer.UNMET), reason=nasty),
        Overridden(at=after(2), by="<b>eve</b>", task="site_ready", reason=nasty),
    )
    made = page(facts, "en")
    assert "<script>" not in made
    assert "<b>eve" not in made
    assert nasty in "".join(Text(made).said)


def test_an_open_drill_a_stopped_and_a_whole_one_are_told_apart() -> None:
    assert say("open", "en") in page(told(*IDENTITY), "en")
    stopped = told(*IDENTITY, Stopped(at=after(10), by="nikos", reason="enough"))
    assert say("open", "en") in page(stopped, "en"), "stopped is not over while nobody has closed it"


def test_every_word_is_there_in_both_languages_and_takes_the_same_values() -> None:
    for key, text in WORDS.items():
        assert text.en.strip(), key
        assert GREEK.search(text.el.lower()), key
        assert set(re.findall(r"\{\w+\}", text.el)) == set(re.findall(r"\{\w+\}", text.en)), key


def test_every_stage_and_every_mode_has_its_words() -> None:
    """So has each deviation: tests.drs.report.test_deviations."""
    assert {f"stage {stage}" for stage in Stage} <= set(WORDS)
    assert set(Mode) <= set(WORDS)


@pytest.mark.parametrize(
    ("took", "said"),
    [
        (timedelta(seconds=8.3), "8.3 seconds"),
        (timedelta(seconds=0.21), "0.3 seconds"),
        (timedelta(seconds=119), "119 seconds"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(seconds=150), "2.5 minutes"),
        (timedelta(hours=4), "4 hours"),
    ],
)
def test_lengths_are_told_in_a_unit_that_fits(took: timedelta, said: str) -> None:
    last = replace(IDENTITY[3], at=after(0) + took)
    first = [replace(entry, at=after(0)) for entry in IDENTITY[:3]]
    assert said in Text(page(told(*first, last), "en")).said


def agreed(task: str, by: str = "nikos", at: float = 2, until: float = 32) -> Approved:
    return Approved(at=after(at), by=by, task=task, until=after(until))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_agreed_to_in_one_word_is_one_line(language: Code) -> None:
    steps = ("service_runs:identity", "service_runs:portal")
    given = (*map(agreed, steps), *(agreed(step, by="eleni") for step in steps), agreed("service_runs:portal", at=3))
    said = [text for text in Text(page(told(*given), language)).said if "portal" in text and "03:" in text]
    both = ", ".join(steps)
    assert (
        said
        == {
            "en": [
                f"nikos agreed, until 03:32:00: {both} (03:02:00, not signed)",
                f"eleni agreed, until 03:32:00: {both} (03:02:00, not signed)",
                "nikos agreed, until 03:32:00: service_runs:portal (03:03:00, not signed)",
            ],
            "el": [
                f"nikos ενέκρινε, έως 03:32:00: {both} (03:02:00, χωρίς υπογραφή)",
                f"eleni ενέκρινε, έως 03:32:00: {both} (03:02:00, χωρίς υπογραφή)",
                "nikos ενέκρινε, έως 03:32:00: service_runs:portal (03:03:00, χωρίς υπογραφή)",
            ],
        }[language]
    )


@pytest.mark.parametrize(
    ("zone", "proven", "said"),
    [
        pytest.param("UTC", 5, "03:05:00", id="the same day"),
        pytest.param("UTC", 21 * 60, "2 Mar 2026, 00:00:00", id="the next day"),
        pytest.param("Europe/Athens", 19 * 60 - 1, "23:59:00", id="late on the day of the city"),
        pytest.param("Europe/Athens", 19 * 60, "2 Mar 2026, 00:00:00", id="the next day of the city"),
    ],
)
def test_a_step_of_another_day_than_the_drills_first_says_which(zone: str, proven: float, said: str) -> None:
    there = replace(city(), time_zone=ZoneInfo(zone))
    texts = Text(page(told(IDENTITY[0], seen("service_runs:identity", proven), of=there), "en")).said
    row = [text for text in texts[texts.index("service_runs:identity") :] if text]
    assert row[:4] == ["service_runs:identity", say("stage proven", "en"), "–", said]


def test_times_are_the_citys_own() -> None:
    athens = replace(city(), time_zone=ZoneInfo("Europe/Athens"))
    assert "1 Mar 2026, 05:00:00" in Text(page(told(*IDENTITY, of=athens), "en")).said
