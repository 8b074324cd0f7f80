"""`asty drill points`, and a drill to a point that no copy covers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from asty.databases import DatabaseHosts
from drs.observed import Unseen
from drs.points import AskedPoints, Range
from infra.stacks import Program, stacks
from tests.asty.test_databases import city
from tests.drs.twins import EXAMPLE

NOW = datetime.now(UTC).replace(microsecond=0)
RANGE = Range(
    base="20300331T060000Z",
    begins=NOW - timedelta(hours=6),
    ends=NOW - timedelta(minutes=5),
    size=4_096_000,
    log_size=512,
    proven_to=NOW - timedelta(hours=2),
)
Drill = Callable[..., Result]


@pytest.fixture
def drill(tmp_path: Path) -> Drill:
    """`asty drill`, where portal's host keeps a range, and identity's does not answer."""
    answers: tuple[tuple[str, tuple[Range, ...] | Unseen], ...] = (
        ("portal", (RANGE,)),
        ("identity", Unseen(reason="identity-db (recovery): nobody answers")),
    )
    asked = tuple(AskedPoints(site="recovery", service=service, answer=answer) for service, answer in answers)
    environ = {"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"}

    def run(*words: str) -> Result:
        with patch("asty.databases.of_lab", return_value=SimpleNamespace(points=lambda: asked)):
            return CliRunner().invoke(main, ["drill", *words], env=environ)

    return run


def test_the_moments_of_a_service_are_listed_with_age_size_and_proof(drill: Drill) -> None:
    done = drill("points", "portal", "--json")
    assert done.exit_code == 0, done.stderr
    (told,) = json.loads(done.stdout)["services"]
    (point,) = told["points"]
    assert (told["service"], told["site"], told["reason"]) == ("portal", "recovery", None)
    assert (point["from"], point["to"]) == (RANGE.begins.isoformat(), RANGE.ends.isoformat())
    assert (point["bytes"], point["log_bytes"]) == (4_096_000, 512)
    assert 290 < point["age_s"] <= (datetime.now(UTC) - RANGE.ends).total_seconds()
    assert point["proven_to"] == (NOW - timedelta(hours=2)).isoformat()
    lines = drill("points", "portal").stdout.splitlines()
    assert lines[0] == "portal, kept at recovery:"
    assert (
        f"{RANGE.begins:%Y-%m-%d %H:%M:%S} to " in lines[1] and "copy 4.1 MB, log 512 B; restored as a test" in lines[1]
    )


def test_a_host_that_does_not_answer_is_unknown_and_never_without_points(drill: Drill) -> None:
    done = drill("points")
    assert done.exit_code == 4 and "identity: unknown: identity-db (recovery): nobody answers" in done.stdout
    assert "portal, kept at recovery:" in done.stdout


def test_a_service_without_a_database_has_no_points_to_ask_for(drill: Drill) -> None:
    done = drill("points", "open-data")
    assert done.exit_code == 2 and "it has no database in the cloud" in done.stderr


@pytest.mark.parametrize(
    ("service", "point", "problem"),
    [
        ("portal", NOW - timedelta(hours=7), "portal: recovery has no copy that covers it"),
        ("identity", NOW - timedelta(hours=1), "identity: identity-db (recovery): nobody answers"),
    ],
)
def test_a_drill_to_a_moment_that_no_copy_covers_is_refused_before_it_begins(
    drill: Drill, tmp_path: Path, service: str, point: datetime, problem: str
) -> None:
    done = drill("run", "--mode", "failover", "--service", service, "--point", point.isoformat())
    assert done.exit_code == 3 and problem in done.stderr, done.stderr
    assert not list(tmp_path.rglob("journal.jsonl")), "no drill was made"


def test_the_list_of_steps_has_the_restore_only_with_a_point(drill: Drill) -> None:
    def steps(*words: str) -> list[str]:
        told = json.loads(drill("show", "--service", "portal", "--json", *words).stdout)
        return [item["step"] for item in told["items"]]

    assert "restore" not in steps()
    own = steps("--point", (NOW - timedelta(hours=1)).isoformat())
    assert own[own.index("fence") :][:3] == ["fence", "restore", "promote"]


def test_only_the_recovery_sites_hosts_are_asked_for_points(tmp_path: Path) -> None:
    recovery = next(one for one in stacks(city()) if one.program is Program.WORKLOADS and one.role.value == "recovery")
    looked: list[tuple[str, str]] = []

    def at(_: DatabaseHosts, file: str, __: object, stack: object) -> tuple[tuple[str, str, tuple[Range, ...]], ...]:
        looked.append((file, getattr(stack, "site", "")))
        return ((getattr(stack, "site", ""), "portal", (RANGE,)),)

    with patch.object(DatabaseHosts, "_at", at):
        found = DatabaseHosts(city=city(), clouds=tmp_path, access=SimpleNamespace()).points()  # type: ignore[arg-type]  # nobody is reached
    assert looked == [("/run/database/points.json", recovery.site)]
    assert found == (AskedPoints(site=recovery.site, service="portal", answer=(RANGE,)),)
