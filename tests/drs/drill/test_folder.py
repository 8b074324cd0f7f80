"""Where drills are kept, and who may conduct one."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import pytest

from city.errors import InvalidInput, Refused
from drs.drill.folder import Drills
from tests.drs.drill.plans import FAILOVER
from tests.drs.drill.test_run import NOW, OPENED

LATER = datetime(2026, 3, 2, tzinfo=UTC)
HOLD = """
import sys
from pathlib import Path
from drs.drill.folder import Drills
with Drills(root=Path(sys.argv[1]), memory=Path(sys.argv[1])).conducting():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def drills(tmp_path: Path) -> Drills:
    return Drills(root=tmp_path / "drills", memory=tmp_path / "seen")


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "a city"
    folder.mkdir()
    (folder / "city.yaml").write_text("id: a\n")
    (folder / ".git").mkdir()
    return folder


def test_a_drill_keeps_its_plan_and_the_citys_data_of_its_day(drills: Drills, city: Path) -> None:
    kept = drills.make(FAILOVER, city, NOW)
    (city / "city.yaml").write_text("id: b\n")
    assert kept.name == "20260301T030000Z-failover"
    assert (kept.city / "city.yaml").read_text() == "id: a\n"
    assert not (kept.city / ".git").exists()
    assert S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert kept.journal().run.plan == FAILOVER


def test_the_latest_is_found_without_a_name_and_each_by_its_own(drills: Drills, city: Path) -> None:
    first, second = drills.make(FAILOVER, city, NOW), drills.make(FAILOVER, city, LATER)
    assert drills.find(None) == second
    assert drills.find(first.name) == first
    with pytest.raises(InvalidInput, match=f"Known are: {first.name}, {second.name}"):
        drills.find("another")


def test_two_drills_that_are_begun_in_the_same_second_have_two_names(drills: Drills, city: Path) -> None:
    made = [drills.make(FAILOVER, city, NOW) for _ in range(3)]
    assert [one.name for one in made] == [f"20260301T030000Z-failover{end}" for end in ("", "-2", "-3")]
    assert list(drills.every()) == made and drills.find(None) == made[-1]
    assert not list(drills.root.glob(".*")), "nothing is left of how they were made"


def test_without_any_drill_the_way_to_begin_one_is_told(drills: Drills) -> None:
    with pytest.raises(InvalidInput, match="asty drill run"):
        drills.find(None)


def test_what_a_kill_left_half_made_is_no_drill(drills: Drills, city: Path) -> None:
    kept = drills.make(FAILOVER, city, NOW)
    kept.folder.rename(kept.folder.with_name(f".{kept.name}.1"))
    assert list(drills.every()) == []


def test_a_plan_that_cannot_be_read_is_named_with_a_remedy(drills: Drills, city: Path) -> None:
    kept = drills.make(FAILOVER, city, NOW)
    kept.journal().append(OPENED)
    (kept.folder / "plan.json").write_text('{"mode": "failover"}')
    with pytest.raises(InvalidInput, match=r"plan\.json: it cannot be read"):
        kept.journal()


def test_only_one_process_conducts_and_the_second_is_told_who(drills: Drills) -> None:
    command = [sys.executable, "-c", HOLD, str(drills.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd(), text=True) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(Refused, match=rf"process {other.pid} on .*, since .* conducts one now"),
            drills.conducting(),
        ):
            pass
        other.kill()
    with drills.conducting():
        assert f"process {os.getpid()}" in (drills.root / "conducting.lock").read_text()
