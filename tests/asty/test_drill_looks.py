"""What a drill costs those who use a service that takes no marks: each is asked what its probe asks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asty.city_data import load
from asty.drill_looks import Looks, together
from city.errors import Failed, NeedsPerson
from city.model.city import City
from drs.drill.entry import Measured
from drs.outside.marker import Try, read
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask
from monitoring.probing.probe import Found
from monitoring.probing.vantage import Vantage

ROOT = Path(__file__).parents[2]
OPENED = datetime(2030, 3, 31, 12, tzinfo=UTC)
GOOD = Found(failure=None, seconds=0.1, heard=True)
BAD = Found(failure=Failure.NO_ANSWER, seconds=0.1, heard=False, detail="within 2 s")


class Point:
    """`told` is the answer for everything that is asked; who is asked for what is kept."""

    def __init__(self, told: Found = GOOD) -> None:
        self.told, self.asked, self.closed = told, list[str](), False

    async def look(self, ask: Ask) -> Found:
        self.asked.append(ask.host)
        return self.told

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def thessaloniki() -> City:
    return load(ROOT / "cities" / "thessaloniki")


def points(city: City, **told: Found) -> Mapping[str, Point]:
    """All that the city has, each good unless told otherwise."""
    return {one.id: Point(told.get(one.id.replace("-", "_"), GOOD)) for one in city.probing.points}


def looks(city: City, standing: Mapping[str, Vantage], folder: Path, *services: str) -> Looks:
    return Looks(city=city, vantages=standing, services=frozenset(services), folder=folder / "looks", every_s=0.01)


def looked(made: Looks, service: str) -> tuple[Try, ...]:
    made.begin()
    made.end()
    return read(made.folder / f"{service}.jsonl")


def outside(city: City) -> str:
    return next(one.id for one in city.probing.points if not one.network)


def test_who_lets_the_world_in_is_asked_from_where_residents_stand_alone(thessaloniki: City, tmp_path: Path) -> None:
    standing = points(thessaloniki)
    found = looked(looks(thessaloniki, standing, tmp_path, "gis"), "gis")
    assert found and all(one.taken for one in found)
    assert {name for name, point in standing.items() if point.asked} == {outside(thessaloniki)}
    assert all(point.closed for point in standing.values())


@pytest.mark.parametrize(("there", "here", "taken"), [(GOOD, BAD, True), (BAD, GOOD, True), (BAD, BAD, False)])
def test_what_operators_alone_reach_is_asked_from_both_sites_for_each_lets_in_its_own(
    thessaloniki: City, tmp_path: Path, there: Found, here: Found, *, taken: bool
) -> None:
    standing = points(thessaloniki, datacentre=there, recovery=here)
    found = looked(looks(thessaloniki, standing, tmp_path, "registry"), "registry")
    assert {one.taken for one in found} == {taken}
    assert {name for name, point in standing.items() if point.asked} == {"datacentre", "recovery"}
    assert taken or "within 2 s" in found[0].reason


def test_where_nobody_could_ask_nothing_is_said_of_the_service(thessaloniki: City, tmp_path: Path) -> None:
    away = replace(BAD, failure=Failure.NOT_ASKED)
    standing = {name: Point(away) for name in points(thessaloniki)}
    assert looked(looks(thessaloniki, standing, tmp_path, "gis"), "gis") == () and standing[outside(thessaloniki)].asked


@pytest.mark.parametrize(
    ("told", "problem"),
    [(BAD, "does not answer its probe: .*within 2 s"), (replace(BAD, failure=Failure.NOT_ASKED), "nobody")],
)
def test_who_asks_whether_a_service_serves_hears_of_a_look_that_began_after_the_question(
    thessaloniki: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Found, problem: str
) -> None:
    standing = points(thessaloniki)
    made = looks(thessaloniki, standing, tmp_path, "gis")
    made.begin()
    assert made.ask("gis").startswith("maps.thessaloniki.test answered its probe")
    for point in standing.values():
        point.told = told
    monkeypatch.setattr("asty.drill_looks._ANSWERS_WITHIN_S", 60.0 if told is BAD else 0.5)
    with pytest.raises(Failed if told is BAD else NeedsPerson, match=problem):
        made.ask("gis")
    made.end()


@pytest.mark.parametrize("service", ["portal", "nothing"])
def test_of_a_service_at_which_nobody_looks_a_person_is_told(thessaloniki: City, tmp_path: Path, service: str) -> None:
    with pytest.raises(NeedsPerson, match="nobody could ask"):
        looks(thessaloniki, points(thessaloniki), tmp_path, "gis").ask(service)


def kept(made: Looks, service: str, *tries: tuple[float, bool]) -> None:
    made.folder.mkdir(exist_ok=True)
    moments = [((OPENED + timedelta(seconds=after)).timestamp(), taken) for after, taken in tries]
    told = [Try(at=at, until=at, token="", taken=taken, address="") for at, taken in moments]
    (made.folder / f"{service}.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in told))


def test_the_time_from_the_last_good_look_to_the_next_is_the_outage(thessaloniki: City, tmp_path: Path) -> None:
    made = looks(thessaloniki, points(thessaloniki), tmp_path, "gis", "email")
    kept(made, "gis", (0, True), (1, False), (4, False), (5, True))
    kept(made, "email", (0, False), (1, True))
    found = {one.service: one for one in made.measured("maria", OPENED)}
    assert found["gis"].downtime_s == 5 and "down for 3.0 to 5.0 s" in found["gis"].how
    assert found["email"].downtime_s is None and "nobody saw the beginning" in found["email"].how


def test_nothing_is_asked_of_other_services_and_nothing_said_of_those_without_a_look(
    thessaloniki: City, tmp_path: Path
) -> None:
    standing = points(thessaloniki)
    made = looks(thessaloniki, standing, tmp_path)
    made.begin()
    assert not list(made.measured("maria", OPENED)) and not any(point.asked for point in standing.values())
    assert not list(looks(thessaloniki, standing, tmp_path, "gis").measured("maria", OPENED))


def test_what_several_ways_tell_of_a_service_becomes_one_and_unknown_stays_unknown() -> None:
    blank = Measured(
        at=OPENED, by="m", service="gis", downtime_s=None, acknowledged=None, lost=None, lost_s=None, how="looks"
    )
    down, files = replace(blank, downtime_s=6.0), replace(blank, lost_s=0.0, how="copies")
    marks = replace(blank, service="portal", downtime_s=1.0, acknowledged=9, lost=0, lost_s=0.0, how="marks")
    gis, portal = together(down, files, marks)
    assert (gis.downtime_s, gis.acknowledged, gis.lost, gis.lost_s, gis.how) == (6.0, None, None, 0.0, "looks; copies")
    assert portal == marks
    (joined,) = together(marks, replace(down, service="portal", acknowledged=3, lost=3))
    assert (joined.downtime_s, joined.acknowledged, joined.lost) == (1.0, 9, 0), "the first that knows"
