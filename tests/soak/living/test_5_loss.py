"""The walk of on-call staff: is the other site ready, a rehearsal, there and back with nothing lost; then the data
centre is gone, and the way home; and at last somebody deletes what residents need, and the service goes back to before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.drs.report.test_pdf import plain
from tests.monitoring.dashboard.test_browser import CHROMIUM, QUIET
from tests.soak.living.city import LivingCity, until
from tests.soak.living.drilling import SERVICE, agree, await_entry, conducted, entries, marks, measured, stages

pytestmark = pytest.mark.slow
_DRILL_S = 900
_COPIED_S = 600
"""Within this the first copies are whole, and restored as a test, though all else of the city starts beside it."""


def parity(living: LivingCity) -> dict[str, Any]:
    """What readiness says of the portal: its figure, and the gaps."""
    told = living.operator.asks("drill", "readiness", code=None)
    (figure,) = (one for one in told["services"] if one["service"] == SERVICE)
    return {**figure, "gaps": [gap for gap in told["gaps"] if SERVICE in gap["services"]]}


def told_by_databases(found: dict[str, Any]) -> list[str]:
    """What stands against the portal's database and its copies."""
    return [f"{gap['subject']}: {gap['problem']}" for gap in found["gaps"] if "database" in gap["subject"]]


def nothing_is_led_away(living: LivingCity) -> None:
    plan = living.operator.asks("plan")
    assert plan["led"] == []
    assert not any(stack["steps"] for stack in plan["stacks"])


def moved(living: LivingCity, mode: str) -> None:
    """The whole drill, with both sites up; nothing is lost."""
    with conducted(living, mode) as process:
        agree(living, "service_runs", "drain", "promote")
        assert process.wait(_DRILL_S) == 0, entries(living)
    assert set(stages(living).values()) == {"proven"}
    found = measured(living)
    assert found["lost"] == 0 and found["acknowledged"] > 0, found["how"]
    assert found["downtime_s"] is not None, found["how"]


def test_the_other_site_is_ready_and_a_rehearsal_leaves_production_as_it_was(living: LivingCity) -> None:
    living.all_up()
    until(lambda: not told_by_databases(parity(living)), _COPIED_S)
    before = parity(living)
    assert (before["blocking"], before["alone"]) == (0, "serves"), before
    with conducted(living, "rehearse") as process:
        assert process.wait(_DRILL_S) == 0, entries(living)
    assert set(stages(living).values()) == {"proven"}
    found = measured(living)
    assert (found["lost"], found["downtime_s"]) == (0, 0.0), found["how"]
    assert found["acknowledged"] > 0
    assert parity(living) == before
    nothing_is_led_away(living)


def test_there_and_home_again_nothing_is_lost_and_no_plan_turns_it_back(living: LivingCity) -> None:
    living.all_up()
    moved(living, "switchover")
    plan = living.operator.asks("plan")
    assert [one["service"] for one in plan["led"]] == [SERVICE]
    assert not any(stack["steps"] for stack in plan["stacks"])
    moved(living, "failback")
    nothing_is_led_away(living)


def test_the_data_centre_is_lost_and_somebody_else_goes_on_where_the_process_was_killed(living: LivingCity) -> None:
    """In the middle of residents' writes. The cloud that is gone cannot say that the database is fenced."""
    living.operator.asty("lab", "fault", "region-off", "datacentre")
    with conducted(living, "failover") as process:
        agree(living, "service_runs", "fence", "promote")
        await_entry(living, 300, what="seen", task=f"service_runs:{SERVICE}", answer="met")
        reason = "the building has no power, and the fire brigade lets nobody in"
        living.operator.asty("drill", "override", f"fence:{SERVICE}", "--by", "eleni", "--reason", reason)
        await_entry(living, 300, what="begun", task=f"promote:{SERVICE}")
        process.kill()
    living.operator.asty("drill", "resume", "--by", "eleni")
    steps = stages(living)
    assert steps.pop("fence") == "overridden"
    assert set(steps.values()) == {"proven"}
    found = measured(living)
    assert found["lost"] == 0 and found["acknowledged"] > 0, found["how"]
    assert found["downtime_s"] is not None, "residents' marks stood before the loss"
    living.operator.asty("drill", "verify")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET) as chromium:
        yield chromium


@pytest.mark.browser
@pytest.mark.parametrize("language", ["el", "en"])
def test_its_report_is_opened_in_a_browser_and_is_a_tagged_pdf_in_both_languages(
    living: LivingCity, browser: Browser, language: str
) -> None:
    page, again, printed = (
        Path(living.operator.asks("drill", "report", "--language", language, *options)["file"]).read_bytes()
        for options in ((), (), ("--pdf",))
    )
    assert page == again, "from the journal alone"
    assert printed.startswith(b"%PDF") and b"/Marked true" in plain(printed)
    file = Path(living.operator.asks("drill", "report", "--language", language)["file"])
    opened = browser.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(file.as_uri())
    assert opened.locator("html").get_attribute("lang") == language
    seen = opened.locator("body").inner_text()
    assert complaints == []
    assert opened.get_by_role("heading", level=1).count() == 1
    assert all(name in seen for name in ("maria", "nikos", "eleni", "the building has no power"))


def test_the_way_home_after_a_loss_keeps_all_that_was_written(living: LivingCity) -> None:
    living.operator.asty("lab", "fault", "clear", "datacentre")
    living.all_up()
    written = marks(living, "recovery")
    moved(living, "failback")
    nothing_is_led_away(living)
    assert written <= marks(living, "datacentre")


def covers(living: LivingCity, point: datetime) -> bool:
    """Whether `asty drill points` lists a range with that moment."""
    (told,) = living.operator.asks("drill", "points", SERVICE, code=None)["services"]
    return any(
        datetime.fromisoformat(one["from"]) <= point <= datetime.fromisoformat(one["to"]) for one in told["points"]
    )


def test_what_somebody_deleted_is_there_again_as_it_was_at_an_older_point(living: LivingCity) -> None:
    living.all_up()
    before = marks(living, "datacentre")
    point = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    until(lambda: datetime.now(UTC) > point + timedelta(seconds=2))
    assert marks(living, "datacentre", "delete from marks returning token") >= before
    until(lambda: covers(living, point), _COPIED_S)
    with conducted(living, "failover", "--point", point.isoformat()) as process:
        agree(living, "service_runs", "fence", "restore", "promote")
        assert process.wait(_DRILL_S) == 0, entries(living)
    assert set(stages(living).values()) == {"proven"}, "the fence by two proofs, for both clouds answer"
    assert marks(living, "recovery") >= before
    living.becomes(SERVICE, "degraded", because="portal-db SHUTOFF")


def test_the_way_home_from_an_older_point_keeps_what_was_restored(living: LivingCity) -> None:
    """And the host that the drill fenced runs again."""
    written = marks(living, "recovery")
    moved(living, "failback")
    nothing_is_led_away(living)
    assert written <= marks(living, "datacentre")
    living.all_up()
