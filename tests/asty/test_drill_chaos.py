"""`asty drill chaos`: where it is refused, what it asks of the lab, and processes that it really kills."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import Result

from asty.drill_chaos import LabArena, able
from asty.workspace import find
from city.clock import SystemClock
from city.model.places import SiteRole
from drs.chaos.draw import Strike, draw, every
from drs.chaos.experiment import OPERATORS, Experiment
from drs.chaos.fault import Phase, Thing
from drs.drill.entry import Begun, Ended, TakenOver
from drs.drill.folder import Kept
from drs.drill.of_city import plan_of
from drs.mode import Mode
from lab import faults
from tests.asty import paper_conductor
from tests.asty.paper_conductor import PLAN
from tests.asty.test_drills import Desk
from tests.drs.chaos.paper_city import SERVICES, sites
from tests.drs.twins import EXAMPLE, city

pytestmark = pytest.mark.slow
CHAOS = ("chaos", "--seed", "3")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def in_lab(desk: Desk, *words: str, standing: dict[str, Any] | None = None) -> Result:
    """As if a lab with hosts were here, in which these faults stand."""
    there = SimpleNamespace(hosts=True)
    lab = SimpleNamespace(standing=lambda: standing or {})
    with ExitStack() as stack:
        stack.enter_context(patch("asty.verbs.drill.chaos.lab_access.params", return_value=there))
        stack.enter_context(patch("asty.verbs.drill.chaos.lab_access.lab", return_value=lab))
        stack.enter_context(patch("asty.verbs.drill.chaos.ground"))
        stack.enter_context(patch("asty.drill_known.custodian_of", return_value=None))
        return desk(*CHAOS, *words)


def refused(done: Result, code: int, *says: str) -> None:
    assert done.exit_code == code, done.output
    for one in says:
        assert one in " ".join(done.stderr.split())


def test_where_no_lab_has_hosts_nothing_is_broken(desk: Desk) -> None:
    refused(desk(*CHAOS), 3, "no lab with hosts that run is here", "Run `asty up --hosts` first")


def test_a_citys_own_clouds_are_never_broken(desk: Desk) -> None:
    with patch("asty.verbs.drill.chaos.lab_access.OBSERVED_IN", "city"):
        refused(in_lab(desk), 3, "these are a city's own clouds", "Run it in a lab")


def test_a_fault_that_stands_already_would_say_nothing(desk: Desk) -> None:
    standing = {"portal-db:datacentre": [object()]}
    refused(in_lab(desk, standing=standing), 3, "stands already", "asty lab fault clear portal-db:datacentre")


def test_a_city_that_wants_signatures_is_agreed_to_by_nobody(desk: Desk) -> None:
    keys = (
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0" + end for end in ("aa", "bb")
    )
    declared = ", ".join(f"{name}: {{key: {key}}}" for name, key in zip(("maria", "nikos"), keys, strict=True))
    with (Path(desk.environ["ASTY_CITY"]) / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(f"drills: {{approvers: {{{declared}}}}}\n")
    refused(in_lab(desk), 3, "this city wants signatures", "without `drills: approvers`")


def test_a_step_or_a_fault_that_is_not_there_is_refused_before_a_drill_is_made(desk: Desk) -> None:
    refused(in_lab(desk, "--at", "dance"), 2, "step dance", "Name one of site_ready")
    refused(in_lab(desk, "--fault", "flood"), 2, "'flood' is not one of")
    refused(in_lab(desk, "--fault", "clock-jumped"), 2, "it cannot be made to happen here")
    assert not list(desk.drills.every())


def test_while_a_drill_is_open_no_other_begins(desk: Desk) -> None:
    desk.drills.make(plan_of(city(), Mode.FAILOVER), EXAMPLE, datetime.now(UTC))
    refused(in_lab(desk), 3, "it is not over", "asty drill stop")
    assert len(list(desk.drills.every())) == 1


@pytest.mark.parametrize("name", sorted(set(every()) - {"clock-jumped", "operator-killed"}))
def test_the_lab_knows_each_fault_by_the_words_that_it_is_asked_with(name: str) -> None:
    asked, cleared = list[faults.Fault](), list[str]()
    lab = SimpleNamespace(fault=lambda fault, _: asked.append(fault), clear=lambda targets, _: cleared.extend(targets))
    declared = sites().city
    arena = LabArena(workspace=None, city=declared, kept=None, lab=lab, ground=None, report=print)  # type: ignore[arg-type]  # it asks the lab alone
    assert able(every()[name])
    for options in every()[name].options:
        drawn = draw(1, plan_of(declared, Mode.FAILOVER, SERVICES), able, name=name)
        strike = replace(drawn, options=options, role=SiteRole.RECOVERY, service="portal")
        arena.befall(strike)
        arena.clear(strike)
        site = declared.site_of(SiteRole.RECOVERY).id
        target = {Thing.DATABASE: f"portal-db:{site}", Thing.LINK: f"link:{site}", Thing.SITE: site}
        assert asked[-1].targets == (cleared[-1],) == (target[strike.fault.befalls],)
        assert asked[-1].told == options


def test_nobodys_clock_can_be_moved_in_a_lab() -> None:
    assert [name for name, fault in every().items() if not able(fault)] == ["clock-jumped"]


def test_a_process_is_killed_in_the_middle_of_a_step_and_another_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(folder=tmp_path / "d1", memory=tmp_path / "memory")
    kept.folder.mkdir()
    (kept.folder / "plan.json").write_text(json.dumps(PLAN.as_json()), encoding="utf-8")
    monkeypatch.setenv("JOURNAL", str(kept.folder / "journal.jsonl"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    arena = LabArena(
        workspace=find({"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": "example"}),
        city=sites().city,
        kept=kept,
        lab=None,  # type: ignore[arg-type]  # nothing of it breaks
        ground=None,  # type: ignore[arg-type]  # no database moves
        report=print,
        program=(sys.executable, paper_conductor.__file__),
    )
    killed = every()["operator-killed"]
    strike = Strike(
        name="operator-killed",
        fault=killed,
        task="two",
        phase=Phase.BEGUN,
        role=SiteRole.RECOVERY,
        service="",
        options={},
    )
    found = Experiment(
        arena=arena, plan=PLAN, strike=strike, lasts_s=0.1, watch_s=0.1, report=print, clock=SystemClock()
    ).run()
    journal = kept.journal()
    assert found.over and found.struck and found.conducted == OPERATORS[:2]
    assert [one.by for one in journal.entries if isinstance(one, TakenOver)] == [OPERATORS[1]]
    begun = [one.attempt for one in journal.entries if isinstance(one, Begun) and one.task == "two"]
    ended = [one.attempt for one in journal.entries if isinstance(one, Ended) and one.task == "two"]
    assert (begun, ended) == ([1, 2], [2]), "what was under way when the process died was looked at, and done again"
