"""When readiness is judged anew, and what is written down of it for the dashboard."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import patch

import pytest

from asty.judgement import file_of, judge, judged, reader, state_of
from asty.judging import EVERY, Judging
from asty.workspace import Workspace, find
from city.errors import Failed
from city.model.drilling import Drilling, Exercise, each
from drs.drill.drilled import Drill
from drs.drill.of_city import plan_of
from drs.drill.run import Run
from drs.mode import Mode
from monitoring.recovery import recovery
from tests.drs.report.test_facts import IDENTITY, after, told
from tests.drs.twins import EXAMPLE, STACKS, city, twins

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Judge:
    """Remembers when it was called; `state` is what the estate is."""

    def __init__(self) -> None:
        self.state, self.at = "a", list[datetime]()
        self.trouble: Failed | None = None
        self.judging = Judging(judge=self, state=lambda: self.state)

    def __call__(self, now: datetime) -> None:
        self.at.append(now)
        if self.trouble:
            raise self.trouble

    def minutes(self, *, until: int, start: int = 0) -> list[int]:
        """In which minutes it was called, one cycle a minute."""
        self.at.clear()
        for minute in range(start, until):
            self.judging.work(NOW + minute * MINUTE)
        return [int((at - NOW) / MINUTE) for at in self.at]


def test_it_is_judged_each_half_hour() -> None:
    assert timedelta(minutes=30) == EVERY
    assert Judge().minutes(until=62) == [1, 31, 61]


def test_it_is_judged_after_each_change_once_that_has_settled() -> None:
    one = Judge()
    assert one.minutes(until=5) == [1]
    one.state = "b"
    assert one.minutes(start=5, until=6) == [], "somebody may be at it still"
    one.state = "c"
    assert one.minutes(start=6, until=10) == [7]


def test_trouble_waits_for_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    one = Judge()
    one.trouble = Failed("pulumi", "it is not there", "Install it.")
    assert one.minutes(until=10) == [1]
    assert "readiness could not be judged: pulumi: it is not there" in caplog.text


async def test_no_look_waits_for_it() -> None:
    calls = Judge()
    calls.judging.begin(NOW)
    await calls.judging.ended()
    calls.judging.begin(NOW + MINUTE)
    await asyncio.wait_for(calls.judging.ended(), 60)
    assert calls.at == [NOW + MINUTE]


def drill(*entries: object) -> Drill:
    facts = told(*entries)  # type: ignore[arg-type]  # each is an entry
    return Drill(name="d1", run=facts.run, city=city())


def test_what_is_written_down_is_what_page_and_metrics_read() -> None:
    sites = twins()
    asked = replace(
        sites.city, drilling=Drilling(every=each(timedelta(days=180)), exercises=((Exercise.TABLETOP, MINUTE),))
    )
    found = recovery(json.loads(json.dumps(judged(replace(sites, city=asked), (drill(*IDENTITY),)))))
    assert (found.as_of, found.verdict) == (sites.at, "ready")
    identity, portal = (next(one for one in found.services if one.service == name) for name in ("identity", "portal"))
    assert (identity.verdict, identity.blocking, identity.proven_at) == ("ready", 0, after(9))
    assert identity.due == after(9) + timedelta(days=180)
    assert (portal.proven_at, portal.due) == (None, sites.at), "what was never proven is due now"
    (shown,) = found.drills
    assert (shown.name, shown.mode, shown.result, shown.began) == ("d1", "failover", "open", after(0))
    assert [one.in_time for one in shown.services if one.service == "identity"] == [True]
    assert (portal.figures.away, portal.mode, portal.met) == (None, None, portal.of - 1), "its drill is missing"
    assert [gap.subject for gap in portal.gaps] == ["drills of portal"]
    (tabletop,) = found.exercises
    assert (tabletop.exercise, tabletop.last, tabletop.at) == ("tabletop", None, sites.at)


def test_a_service_that_is_not_in_the_cloud_is_not_told() -> None:
    names = {one["service"] for one in judged(twins(), ())["services"]}
    assert names == {service.id for service in city().services if service.workload}


def test_a_drill_that_was_never_opened_is_none() -> None:
    plan = plan_of(city(), Mode.FAILOVER)
    assert judged(twins(), (Drill(name="d0", run=Run(plan=plan), city=city()),))["drills"] == []


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = find({"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"})
    assert made.base_address != IPv4Address(0)
    made.prepare()
    return made


def test_it_is_written_whole_and_read_again(workspace: Workspace) -> None:
    assert reader(workspace)() is None, "nobody has judged yet"
    with (
        patch("asty.lab_access.project"),
        patch("asty.gathering.evidence", return_value=STACKS),
        patch("asty.gathering.observe", return_value=twins()),
    ):
        judge(workspace, NOW)
    found = reader(workspace)()
    assert found is not None
    assert found.as_of == twins().at


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"as_of": 3}'])
def test_what_cannot_be_read_is_not_shown(workspace: Workspace, content: str, caplog: pytest.LogCaptureFixture) -> None:
    file_of(workspace).write_text(content, encoding="utf-8")
    assert reader(workspace)() is None
    assert "readiness is not shown" in caplog.text


def test_another_declaration_another_stack_and_another_entry_are_changes(workspace: Workspace, tmp_path: Path) -> None:
    states = [state_of(workspace)]
    stack = workspace.pulumi / "state" / ".pulumi" / "stacks" / "asty" / "lab-recovery.json"
    stack.parent.mkdir(parents=True)
    stack.write_text("{}", encoding="utf-8")
    states.append(state_of(workspace))
    journal = workspace.pulumi.parent / "drills" / "d1" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("{}\n", encoding="utf-8")
    states.append(state_of(workspace))
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "city.yaml").write_text("name: x\n", encoding="utf-8")
    states.append(state_of(replace(workspace, city_folder=folder)))
    assert len(set(states)) == len(states)
    assert state_of(workspace) == states[2], "and without a change, none"
