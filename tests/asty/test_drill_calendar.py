"""`asty drill calendar` and `talked`, from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from tests.asty.test_drills import plain

pytestmark = pytest.mark.slow
ASKED = "drills:\n  every: {tier-1: 90d}\n  exercises: {tabletop: 30d}\n"


class Desk:
    def __init__(self, home: Path) -> None:
        self.city = plain(home / "plain")
        self.environ = {"XDG_STATE_HOME": str(home), "ASTY_CITY": str(self.city), "ASTY_WORKSPACE": "lab"}

    def __call__(self, *args: str) -> Result:
        return CliRunner().invoke(main, ["drill", *args], env=self.environ)

    def ask(self) -> None:
        with (self.city / "city.yaml").open("a", encoding="utf-8") as file:
            file.write(ASKED)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_city_that_asks_for_nothing_has_nothing_due(desk: Desk) -> None:
    found = desk("calendar")
    assert (found.exit_code, "nothing is due" in found.stdout) == (0, True)


def test_what_was_never_held_is_overdue_and_a_talk_settles_the_tabletop(desk: Desk) -> None:
    desk.ask()
    before = desk("calendar", "--json")
    told = json.loads(before.stdout)
    assert before.exit_code == 1
    assert {(one["exercise"], one["service"]) for one in told["due"]} == {
        ("tabletop", None),
        (None, "portal"),
        (None, "identity"),
    }, "a tier of which nothing is said is not asked"
    assert all(one["overdue"] and one["last"] is None for one in told["due"])
    assert desk("talked", "--with", "maria", "--note", "alone").exit_code == 2
    held = desk("talked", "--with", "maria", "--with", "nikos", "--note", "clear", "--by", "maria", "--json")
    assert json.loads(held.stdout).keys() >= {"at", "by", "persons", "plan", "note"}
    (tabletop,) = (one for one in json.loads(desk("calendar", "--json").stdout)["due"] if one["exercise"])
    assert (tabletop["overdue"], tabletop["last"][:16]) == (False, json.loads(held.stdout)["at"][:16])
    assert "overdue     drill of portal" in desk("calendar").stdout


def test_the_calendar_is_a_file_for_other_programs(desk: Desk, tmp_path: Path) -> None:
    desk.ask()
    file = tmp_path / "drills.ics"
    desk("calendar", "--ics", str(file))
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert file.read_bytes().count(b"BEGIN:VEVENT") == 3
