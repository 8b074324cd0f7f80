"""The page of recovery: every service with what is promised, measured and due, and nothing that nobody knows."""

import json
from dataclasses import replace

import httpx
import pytest

from city.clock import FixedClock
from city.model.city import City
from monitoring.dashboard.app import create_app
from monitoring.dashboard.drills import held, lines
from monitoring.dashboard.language import Language
from monitoring.dashboard.sentences import Kept
from monitoring.recovery import Recovery
from monitoring.snapshot import Snapshot
from tests.monitoring.dashboard.test_accessible import Element, read
from tests.monitoring.judged import FOUND, NOW, PORTAL, SECOND, figures


async def asked(city: City, snapshot: Snapshot, found: Recovery | None, path: str = "/en/drills/") -> str:
    app = create_app(city, lambda _at: snapshot, FixedClock(NOW), recovery=lambda: found)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dashboard.test") as client:
        return (await client.get(path)).text


def row(page: str, name: str) -> list[str]:
    """The texts of the cells of the service's row, its header first."""
    found = [one for one in read(page).all("tr") if one.all("th")[0].text.startswith(name)]
    return [" ".join(cell.text.split()) for cell in _cells(found[0])]


def _cells(one: Element) -> list[Element]:
    return one.all("th", "td")


async def test_each_service_has_what_is_promised_measured_and_due(city: City, snapshot: Snapshot) -> None:
    page = await asked(city, snapshot, FOUND)
    portal = row(page, "Portal")
    assert portal[1] == "ready 31 of 31 met"
    assert portal[2:7] == [
        "60 secs",
        "4.3 secs loss of the data centre, 7 June 2026, 12:00",
        "10 secs",
        "0 records",
        "60 mins",
    ]
    assert portal[7].startswith("7 June 2026")
    assert "another since: recovery, step promote" in portal[7]
    assert portal[8] == "11 June 2026"
    identity = row(page, city.service("identity").name.en)
    assert identity[1].replace(" ;", ";") == "not ready 28 of 31 met; 1 gap blocks"
    assert identity[3].startswith("90 secs more than promised rehearsal on a copy, ")
    assert identity[5] == "7 records (2 secs)"
    assert identity[7].startswith("never")
    assert identity[8].endswith("overdue")


async def test_what_nobody_measured_judged_or_asked_for_is_said(city: City, snapshot: Snapshot) -> None:
    data = row(await asked(city, snapshot, FOUND), city.service("open-data").name.en)
    assert (data[3], data[5], data[7], data[8]) == ("not measured", "not measured", "never", "none asked for")
    assert data[1].startswith("not known")
    nobody = await asked(city, snapshot, None)
    assert "Nobody has judged yet whether the other site is ready." in nobody
    assert "<table" not in nobody


async def test_gaps_are_told_those_that_block_first_and_as_text(city: City, snapshot: Snapshot) -> None:
    page = read(await asked(city, snapshot, FOUND))
    (identity,) = (one for one in page.all("details") if one.all("summary")[0].text.startswith("Identity"))
    assert [" ".join(one.text.split()) for one in identity.all("li")] == [
        "blocks: quota of cores: 4 more are <needed>",
        "not known: backups: nobody saw one",
        "warning: drills of identity: none proved it",
    ]


async def test_greek_readers_read_greek_and_what_is_english_says_so(city: City, snapshot: Snapshot) -> None:
    page = read(await asked(city, snapshot, FOUND, "/el/drills/"))
    assert "κέντρο δεδομένων" in page.all("h1")[0].text
    text = " ".join(one.own for one in page.everything if one.language == "el")
    assert "δευτ." in text
    assert "quota" not in text


async def test_the_ladder_and_the_drills_stand_below(city: City, snapshot: Snapshot) -> None:
    page = await asked(city, snapshot, FOUND)
    assert row(page, "Talking it through")[1:] == ["never", "10 June 2026 overdue"]
    assert row(page, "7 June 2026")[1:] == ["loss of the data centre", "every step was proven", "1 of 2 measured"]
    assert row(page, "1 June 2026")[1:] == ["rehearsal on a copy", "ended with steps left", "not measured"]


async def test_programs_read_what_was_judged_as_it_was_written(city: City, snapshot: Snapshot) -> None:
    told = json.loads(await asked(city, snapshot, FOUND, "/api/drills.json"))
    assert (told["at"], told["observed_in"], told["judged"]) == (NOW.isoformat(), "lab", {"verdict": "not-ready"})
    assert json.loads(await asked(city, snapshot, None, "/api/drills.json"))["judged"] is None


SPEAK = Language("en", NOW.tzinfo)  # type: ignore[arg-type]  # UTC is a zone, too


@pytest.mark.parametrize(
    ("away", "bar", "aim"),
    [(30.0, 500, 1000), (60.0, 1000, 1000), (120.0, 1000, 500), (0.0, 0, 1000)],
)
def test_the_bar_ends_at_the_longer_of_the_two(city: City, away: float, bar: float, aim: float) -> None:
    one = replace(PORTAL, figures=figures("portal", away))
    (line,) = lines(city, replace(FOUND, services=(one,)), NOW, SPEAK)
    assert (line.outage.bar, line.outage.aim) == (bar, aim)


@pytest.mark.parametrize(
    ("lost_s", "language", "told"),
    [
        (0, "en", "no files"),
        (0, "el", "κανένα αρχείο"),
        (11, "en", "files of at most 11 secs before the drill more than promised"),
        (11, "el", "αρχεία έως 11 δευτ. πριν από την άσκηση περισσότερο από όσο έχει δηλωθεί"),
    ],
)
async def test_files_are_told_by_the_age_of_the_copy_that_was_brought(
    city: City, snapshot: Snapshot, lost_s: int, language: str, told: str
) -> None:
    lost = replace(figures("portal", within_rpo=lost_s <= 10), lost_time=lost_s * SECOND)
    found = replace(FOUND, services=(replace(PORTAL, figures=lost),))
    name = city.service("portal").name
    page = await asked(city, snapshot, found, f"/{language}/drills/")
    assert row(page, {"en": name.en, "el": name.el}[language])[5] == told


def test_a_service_that_the_city_has_no_longer_is_not_told(city: City) -> None:
    gone = replace(FOUND, services=(replace(PORTAL, service="gone"),))
    assert lines(city, gone, NOW, SPEAK) == ()


def test_a_drill_under_way_is_neither_good_nor_bad() -> None:
    (one,) = held([replace(FOUND.drills[0], result="open")], SPEAK)
    assert (one.result, one.verdict) == ("under way", Kept.CANNOT_TELL)
