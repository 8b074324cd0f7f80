"""What a drill moved is known to the programs of the stacks, and told beside a plan."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asty.drill_folder import drills_of
from asty.leading import as_json, led, lines, settings
from asty.workspace import Workspace, find
from city.errors import NeedsPerson
from drs.drill.entry import Opened
from drs.drill.leading import Led
from drs.drill.plan import Plan
from tests.drs.drill.test_leading import ALL, TASKS
from tests.drs.twins import EXAMPLE, RECOVERY

NOW = datetime(2030, 3, 1, 3, tzinfo=UTC)
LED = Led(service="portal", role=RECOVERY, drill="d1", since=NOW)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = find({"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE)})
    made.prepare()
    return made


def drilled(workspace: Workspace) -> Path:
    """A switchover that is over."""
    plan = Plan(mode="switchover", tasks=TASKS)
    kept = drills_of(workspace).make(plan, EXAMPLE, NOW)
    journal = kept.journal()
    for entry in (Opened(at=NOW, by="o", drill=kept.name, mode=plan.mode, plan=plan.digest, machine="m"), *ALL):
        journal.append(entry)
    return journal.path


def test_without_a_drill_the_stacks_are_told_nothing(workspace: Workspace) -> None:
    assert (led(drills_of(workspace)), settings(workspace)) == ((), {})


def test_after_a_switchover_the_data_centre_leaves_names_where_they_are(workspace: Workspace) -> None:
    drilled(workspace)
    assert json.loads(settings(workspace)["led-away"]) == {"data": ["datacentre"], "portal": ["datacentre"]}
    assert {one.service for one in led(drills_of(workspace))} == {"data", "portal"}


def test_a_journal_that_was_changed_lets_nobody_say_what_a_drill_has_moved(workspace: Workspace) -> None:
    path = drilled(workspace)
    path.write_bytes(path.read_bytes().replace(b"looked", b"lookee").replace(b'"machine": "m"', b'"machine": "n"'))
    with pytest.raises(NeedsPerson):
        led(drills_of(workspace))
    assert settings(workspace) == {}, "a plan is refused; the rest goes on"


def test_a_person_is_told_where_a_service_is_led_and_since_when() -> None:
    stays = "its name, and the port of its database, stay as that drill left them"
    held = replace(LED, held=True)
    assert list(lines((LED, held))) == [
        f"portal is led at the recovery site since drill d1 (2030-03-01 03:00 UTC): {stays}",
        f"portal is on its way since drill d1 (2030-03-01 03:00 UTC), which did not come to its end: {stays}",
    ]
    assert as_json((LED,)) == [
        {"service": "portal", "site": "recovery", "drill": "d1", "since": NOW.isoformat(), "held": False}
    ]
