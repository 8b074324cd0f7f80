"""docs/auditor.md is followed from its first command to its last, after a drill that was stopped in the middle."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from asty.city_data import load
from tests.asty.test_drills import Desk, stop, waits
from tests.docs.console import Command, commands
from tests.drs.twins import twins

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "auditor.md"
ASKED = "drills:\n  every: {tier-1: 90d}\n  exercises: {tabletop: 90d, functional: 180d}\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path)
    city = Path(made.environ["ASTY_CITY"])
    with (city / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(ASKED)
    made.sites = replace(twins(), city=load(city))
    made.when(waits, stop)
    made("run", "--mode", "failover", "--by", "maria")
    monkeypatch.chdir(tmp_path)
    yield made
    made.close()


def follow(desk: Desk, command: Command) -> tuple[int, str]:
    words = shlex.split(command.text)
    if words[:2] == ["asty", "drill"]:
        said = desk(*words[2:])
        return said.exit_code, said.stdout + said.stderr
    environ = {"PATH": os.environ["PATH"], "JOURNAL": str(desk.drills.find(None).folder / "journal.jsonl")}
    ran = subprocess.run(["/bin/bash", "-c", command.text], env=environ, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_every_command_of_the_page_says_what_the_page_promises(desk: Desk) -> None:
    ran = list(commands(PAGE))
    assert len(ran) >= 9
    for command in ran:
        code, said = follow(desk, command)
        where = f"{command.page.name}:{command.line}"
        assert code == command.exit_code, f"{where}: ended with {code}\n{said}"
        assert command.missing(said) is None, f"{where}: does not say {command.missing(said)!r} but\n{said}"


def test_the_pages_own_proof_finds_a_change_of_any_line_and_of_the_plan(desk: Desk) -> None:
    (proof,) = (one for one in commands(PAGE) if one.text.startswith("python3"))
    head = desk.journal().head
    assert head in follow(desk, proof)[1], "and it comes to the same head as ours"
    path = desk.journal().path
    whole, plan = path.read_bytes(), path.parent / "plan.json"
    path.write_bytes(whole.replace(b"maria", b"jmoriarty", 1))
    code, said = follow(desk, proof)
    assert (code, "line 2 does not follow the line before it" in said) == (1, True), said
    path.write_bytes(whole)
    plan.write_text(plan.read_text(encoding="utf-8").replace('"approvers": 2', '"approvers": 0', 1), encoding="utf-8")
    assert "the plan is another" in follow(desk, proof)[1]
