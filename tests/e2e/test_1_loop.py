"""From a wiped lab to the promises, and what happens when the world moves."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asty.workspace import find
from tests.e2e.operator import Operator, lose_server

pytestmark = pytest.mark.lab

STACKS = ("lab-datacentre", "lab-recovery", "lab-workloads-datacentre", "lab-workloads-recovery")
KEYS = {"value", "lower", "upper", "target", "met", "unit", "as_of", "period", "formula", "inputs"}


def test_to_ask_for_the_variables_of_plain_pulumi_makes_no_stack(operator: Operator) -> None:
    assert json.loads(operator.shell("pulumi stack ls --json").out) == []


def test_a_plan_shows_clouds_and_devices_as_one(first_plan: dict[str, Any]) -> None:
    assert [stack["stack"] for stack in first_plan["stacks"]] == list(STACKS)
    assert all({step["op"] for step in stack["steps"]} == {"create"} for stack in first_plan["stacks"])
    assert len(first_plan["devices"]["entries"]) == 461


def test_apply_does_exactly_that(first_plan: dict[str, Any], first_apply: dict[str, Any]) -> None:
    steps = sum(len(stack["steps"]) for stack in first_plan["stacks"])
    assert first_apply["tally"]["failed"] == first_apply["tally"]["unknown"] == 0
    assert first_apply["tally"]["changed"] >= steps
    names = {outcome["subject"] for outcome in first_apply["outcomes"] if outcome["status"] == "changed"}
    assert {entry["device"] for entry in first_plan["devices"]["entries"] if entry["kind"] == "change"} <= names


@pytest.mark.parametrize("stack", STACKS)
def test_plain_pulumi_finds_nothing_to_change(operator: Operator, stack: str) -> None:
    said = operator.shell(f"pulumi up --stack {stack} --yes --skip-preview --expect-no-changes")
    assert "unchanged" in said.out


def test_the_promises(operator: Operator) -> None:
    operator.asty("poll", "--once")
    promises = operator.asks("kpi")["promises"]
    assert {"wireless-coverage", "broadband", "running-cost", "availability"} <= set(promises)
    for figure in promises.values():
        assert set(figure) >= KEYS
        assert figure["met"] in (True, False, None)
    live = promises["wireless-coverage"]
    assert live["lower"] == live["value"] == live["inputs"]["designed"]["value"] > 0.05
    assert live["inputs"]["access_points_unknown"]["value"] == 0
    assert 0 <= live["upper"] - live["lower"] < 1.5e-6, "the same share, rounded up"
    assert live["met"] is False, "450 access points are not enough, and the figure says so"
    services = promises["availability"]
    assert 0 <= services["lower"] <= services["upper"] <= 1
    begun = datetime.fromisoformat(services["period"]["start"])
    assert datetime.now(UTC) - begun < timedelta(hours=1), "what came before the first look is nobody's promise"


def test_nothing_is_left_to_do_and_that_plan_is_refused_once_stale(city_up: Operator, city_data: Path) -> None:
    plan = city_up.asks("plan")
    assert not any(stack["steps"] or stack["unreachable"] for stack in plan["stacks"])
    assert {entry["kind"] for entry in plan["devices"]["entries"]} == {"same"}
    file = city_data / "city.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("ntp_servers: [", "ntp_servers: [10.99.9.9, "))
    said = city_up.asty("apply", "--plan", plan["hash"], code=3)
    assert "the world moved" in said.err
    assert "another configuration is intended now" in said.err
    assert "asty plan" in said.err


def test_a_broken_line_touches_nothing(operator: Operator, city_data: Path) -> None:
    ledger = find({"ASTY_WORKSPACE": operator.workspace, **operator.environment}).home / "journal.sqlite"
    before = ledger.stat().st_mtime_ns
    services = city_data / "services.yaml"
    lines = services.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.strip().startswith("rto:"))
    lines[at] = lines[at].split(":")[0] + ": 4 parsecs"
    services.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for verb in (("check",), ("plan",), ("push",)):
        said = operator.asty(*verb, code=2)
        assert f"services.yaml:{at + 1}:" in said.err
    assert ledger.stat().st_mtime_ns == before


def test_a_server_deleted_behind_pulumis_back_is_found_and_made_again(operator: Operator) -> None:
    lose_server(operator, cloud="datacentre", name="portal-1")
    preview = "pulumi preview --stack lab-workloads-datacentre --refresh --diff=false"
    assert "create" in operator.shell(preview).out
    operator.shell("pulumi up --stack lab-workloads-datacentre --refresh --yes --skip-preview")
    assert operator.shell(f"{preview} --expect-no-changes").code == 0
