"""What a drill cost residents: the marks that always stand, and those of the drill, read as one."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asty.city_data import load
from asty.drill_marks import EVERY_S, STANDING_EVERY_S, Marking, Marks
from city.errors import Failed
from city.model.city import City
from drs.outside.marker import Try, stop_file

OPENED = datetime(2030, 3, 31, 12, tzinfo=UTC)
FQDN = "www.example.test."


class Street:
    """Remembers for whom marks are to be written; `kept` is what the service tells that it has."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], float]] = []
        self.kept: frozenset[str] | None = frozenset()

    def mark(self, doors: Sequence[tuple[str, int, Path]], every_s: float, _longest_s: float) -> None:
        self.asked.append(([fqdn for fqdn, *_ in doors], every_s))
        for *_, file in doors:
            file.touch()

    def tokens(self, fqdn: str, _port: int) -> frozenset[str]:
        if self.kept is None:
            raise Failed(fqdn, "it takes no question", "Look at it.")
        return self.kept


@pytest.fixture
def portal(example_city: City) -> City:
    services = (replace(one, database="portal" if one.id == "portal" else "") for one in example_city.services)
    return replace(example_city, services=tuple(services))


@pytest.fixture
def marking(portal: City, tmp_path: Path) -> Marking:
    street = Street()
    own = Marks(street=street, folder=tmp_path / "drill", city=portal, services=("portal", "identity"))
    return Marking(own=own, standing=Marks.standing(street, tmp_path, portal), opened=OPENED, since=None)


def wrote(marks: Marks, *tries: tuple[float, bool]) -> None:
    """Each at so many seconds after the drill was opened, as `t<seconds>`, and whether it was taken."""
    marks.folder.mkdir(exist_ok=True)
    with marks.file("portal").open("a") as file:
        for after, taken in tries:
            at = (OPENED + timedelta(seconds=after)).timestamp()
            one = Try(at=at, until=at, token=f"t{after:g}", taken=taken, address="192.0.2.1")
            file.write(json.dumps(asdict(one)) + "\n")


def test_marks_are_written_for_services_with_a_database_once(marking: Marking, tmp_path: Path) -> None:
    street = marking.own.street
    assert isinstance(street, Street)
    marking.begin()
    marking.standing.begin()
    assert street.asked == [([FQDN], EVERY_S), ([FQDN], STANDING_EVERY_S)]
    assert {file.name for file in tmp_path.glob("*/*")} == {"portal.jsonl"}


def test_nobody_writes_to_a_service_that_does_not_let_residents_in(tmp_path: Path) -> None:
    city = load(Path(__file__).parents[2] / "cities" / "thessaloniki")
    services = [one.id for one in city.services]
    found = {name for name, *_ in Marks(street=Street(), folder=tmp_path, city=city, services=services).doors()}
    inside = {"registry", "document-management", "iot-platform", "facility-management"}
    assert found == {one.id for one in city.services if one.database} - inside and "portal" in found


@pytest.mark.parametrize(("count", "every_s"), [(1, EVERY_S), (2, EVERY_S), (5, 0.5), (11, 1.1)])
def test_however_many_services_are_measured_no_more_than_ten_marks_are_written_each_second(
    portal: City, tmp_path: Path, count: int, every_s: float
) -> None:
    like = portal.service("portal")
    services = tuple(replace(like, id=f"portal-{number}") for number in range(count))
    street, names = Street(), tuple(one.id for one in services)
    Marks(street=street, folder=tmp_path, city=replace(portal, services=services), services=names).begin()
    assert [(len(doors), every) for doors, every in street.asked] == [(count, every_s)]


def test_marks_that_always_stand_are_kept_for_two_turns_and_no_longer(marking: Marking) -> None:
    standing = marking.standing
    for turn in (1, 2, 3):
        standing.begin()
        wrote(standing, (turn, True))
    assert [one.token for one in standing.tries("portal")] == ["t2", "t3"]


def test_whoever_ends_them_leaves_word_for_who_writes(marking: Marking) -> None:
    marking.begin()
    marking.own.end()
    assert stop_file(marking.own.file("portal")).exists()
    marking.begin()
    assert not stop_file(marking.own.file("portal")).exists()


def test_what_was_promised_before_the_drill_began_is_measured_too(marking: Marking) -> None:
    """The data centre is lost first, and the drill begins afterwards."""
    wrote(marking.standing, (-70, True), (-65, True), (-60, False), (-5, False))
    wrote(marking.own, (1, False), (2, True))
    assert isinstance(marking.own.street, Street)
    marking.own.street.kept = frozenset({"t-70", "t2"})
    (measured,) = marking.measured("maria")
    assert (measured.downtime_s, measured.acknowledged, measured.lost) == (67, 3, 1)


def test_what_an_earlier_drill_lost_is_not_lost_again(marking: Marking) -> None:
    wrote(marking.standing, (-70, True), (-65, True))
    wrote(marking.own, (1, True))
    assert isinstance(marking.own.street, Street)
    marking.own.street.kept = frozenset({"t-65", "t1"})
    later = replace(marking, since=OPENED - timedelta(seconds=68))
    assert [one.lost for one in later.measured("maria")] == [0]
    assert [one.lost for one in marking.measured("maria")] == [1]


def test_what_nobody_saw_begin_or_could_read_is_not_known(marking: Marking) -> None:
    wrote(marking.own, (1, False), (2, True))
    assert isinstance(marking.own.street, Street)
    marking.own.street.kept = None
    (measured,) = marking.measured("maria")
    assert (measured.downtime_s, measured.lost) == (None, None)
    assert "nobody saw" in measured.how and "takes no question" in measured.how
