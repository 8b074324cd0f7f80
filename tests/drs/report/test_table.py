"""The table of all services: promised now, measured in the newest drill that measured them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from city.load import load
from city.model.city import City
from drs.drill.drilled import Drill
from drs.drill.entry import Measured
from drs.expected import in_the_cloud
from drs.report.table import HEADS, as_json, cells, markdown, rows
from tests.drs.drill.test_run import measured
from tests.drs.report.test_facts import IDENTITY, told
from tests.drs.twins import city

ROOT = Path(__file__).parents[3]


def drill(name: str, *found: Measured, of: City | None = None) -> Drill:
    return Drill(name=name, run=told(*IDENTITY, *found).run, city=of or city())


def row(*drills: Drill, service: str = "portal", now: City | None = None) -> tuple[str, ...]:
    (found,) = (one for one in rows(now or city(), drills) if one.service == service)
    return cells(now or city(), found)


def test_every_service_in_the_cloud_has_a_row_and_what_nobody_measured_is_said() -> None:
    assert [one.service for one in rows(city(), [])] == list(in_the_cloud(city()))
    told_of = dict(zip(HEADS, row(drill("d1")), strict=True))
    assert (told_of["Outage measured"], told_of["Loss measured"], told_of["Measured in"]) == (
        "not measured",
        "not measured",
        "\N{EN DASH}",
    ), "steps that were proven are no measurement"


def test_the_newest_drill_that_measured_it_counts() -> None:
    first, second = drill("d1", measured("portal", downtime_s=90)), drill("d2", measured("portal", downtime_s=4))
    nothing = drill("d3", replace(measured("portal", downtime_s=None, lost=None), acknowledged=None, lost_s=None))
    (found,) = (one for one in rows(city(), [first, second, nothing]) if one.service == "portal")
    assert (found.drill, found.figures.downtime) == ("d2", timedelta(seconds=4))
    assert as_json(found)["downtime_s"] == 4


def test_files_that_a_drill_lost_are_told_by_the_age_of_their_copy() -> None:
    rpo = city().service("portal").rpo.total_seconds()
    for lost_s, said in (
        (0.0, "no files"),
        (rpo, "files of at most 15 minutes before the drill"),
        (rpo + 1, "files of at most 15.1 minutes before the drill (too long)"),
    ):
        of = drill("d1", replace(measured("portal", downtime_s=None, acknowledged=None, lost=None), lost_s=lost_s))
        assert row(of)[4:7] == ("not measured", "15 minutes", said)
        (found,) = (as_json(one) for one in rows(city(), [of]) if one.service == "portal")
        assert (found["lost"], found["lost_s"], found["within_rpo"]) == (None, lost_s, lost_s <= rpo)


def test_what_was_measured_is_held_against_what_is_promised_now() -> None:
    then = drill("d1", measured("portal", downtime_s=90))
    assert row(then)[4] == "90 seconds"
    portal = replace(city().service("portal"), rto=timedelta(seconds=89))
    now = replace(city(), services=tuple(portal if one.id == "portal" else one for one in city().services))
    assert row(then, now=now)[4] == "90 seconds (too long)"


def test_a_drill_whose_data_are_gone_measured_nobody_knows_what() -> None:
    gone = replace(drill("d1", measured("portal", downtime_s=90)), city=None)
    assert row(gone)[4] == "not measured"


def test_the_manuals_table_is_that_of_the_city() -> None:
    """What is promised there is what the data declare now; what is measured, the page keeps from its last drill."""
    thessaloniki = load(ROOT / "cities" / "thessaloniki")
    page = (ROOT / "docs" / "recovery-figures.md").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in markdown(thessaloniki, rows(thessaloniki, [])) if line.startswith("| ")]
    fields = wanted[0].count(" | ")
    assert [declared(line) for line in page if line.startswith("| ") and line.count(" | ") == fields] == [
        declared(line) for line in wanted
    ]


def declared(line: str) -> list[str]:
    """Of a row, all that does not come from a drill."""
    cells = line.split(" | ")
    return [*cells[:4], cells[5]]
