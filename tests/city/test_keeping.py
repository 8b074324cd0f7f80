"""How a service's data are kept, and how ready it stands: what may be declared, and what cannot be kept."""

from datetime import timedelta

import pytest

from asty.city_data import load
from city.load.durations import shown
from city.model.services import Backup, Recovery, RecoveryTimes
from tests.city.board import Board

BACKUP = "backup: {to: recovery, every: 6h, keep: 30d}"
PORTALS = "  database: portal\n  backup: {to: recovery}\n"
JOBS = f"  database: jobs\n  {BACKUP}\n"


def test_a_service_has_a_database_and_says_where_its_copies_go(board: Board) -> None:
    jobs = load(board.folder).service("job-platform")
    assert jobs.database == "jobs"
    assert jobs.backup == Backup(to="recovery", every=timedelta(hours=6), keep=timedelta(days=30))


def test_what_a_backup_leaves_out_is_the_default(board: Board) -> None:
    board.plant("services.yaml", BACKUP, "backup: {to: recovery}")
    assert load(board.folder).service("job-platform").backup == Backup(to="recovery")


@pytest.mark.parametrize(
    ("old", "new", "problem", "at"),
    [
        pytest.param(BACKUP, "", "database jobs has no backup", "database", id="a database without a backup"),
        pytest.param("to: recovery,", "", "to is missing", "backup", id="a backup without a target"),
        pytest.param("to: recovery,", "to: recvery,", "'recvery', which is not there", "backup", id="no such site"),
        pytest.param("to: recovery,", "to: datacentre,", "lost with the data", "backup", id="beside the data"),
        pytest.param("to: recovery,", "to: west,", "west is a district", "backup", id="in the street"),
        pytest.param("every: 6h", "every: 25h", "every 25h loses more than the 1d of rpo", "backup", id="too seldom"),
        pytest.param("every: 6h", "every: 30s", "no backup is made so often", "backup", id="all the time"),
        pytest.param("every: 6h", "every: daily", "is not a duration", "backup", id="in words"),
        pytest.param("keep: 30d", "keep: 5h", "gone before the next is made", "backup", id="kept too short"),
        pytest.param("keep: 30d", "for: 30d", "unknown key 'for'", "backup", id="no such key"),
        pytest.param("database: jobs", "database: Jobs", "is not a letter, then lower-case", "database", id="quotes"),
        pytest.param("database: jobs", "database: [a, b]", "not a single value", "database", id="two databases"),
        pytest.param(BACKUP, "backup: recovery", "is not a list of `key: value`", "backup", id="a word"),
        pytest.param("rto: 3d", "rto: 3h", "a service that is cold takes 4h", "recovery", id="cold is too slow"),
        pytest.param("rto: 8h", "rto: 59m", "a service that is pilot-light takes 1h", "recovery", id="so is a light"),
        pytest.param(
            "rto: 3d", "rto: 3d\n  mtd: 2d", "mtd 2d is over before rto 3d", "mtd", id="gone before it is back"
        ),
    ],
)
def test_what_cannot_be_kept_is_a_defect_at_its_line(board: Board, old: str, new: str, problem: str, at: str) -> None:
    _, planted = board.plant("services.yaml", old, new)
    lines = (board.folder / "services.yaml").read_text(encoding="utf-8").splitlines()
    near = [n for n, line in enumerate(lines, 1) if line.strip().startswith(f"{at}:")]
    line = min(near, key=lambda one: abs(one - planted))
    found = [defect for defect in board.defects() if problem in defect.problem]
    assert [(one.file.name, one.line, bool(one.remedy)) for one in found] == [("services.yaml", line, True)]


@pytest.mark.parametrize("recovery", ["active", "warm", "pilot-light"])
def test_a_database_that_streams_is_younger_than_its_last_copy(board: Board, recovery: str) -> None:
    board.plant("services.yaml", JOBS, f"{JOBS.replace('6h', '2d')}")
    assert len(board.defects()) == 1
    board.plant(
        "services.yaml", "recovery: cold\n  depends_on: [portal", f"recovery: {recovery}\n  depends_on: [portal"
    )
    assert load(board.folder).service("job-platform").recovery == recovery


@pytest.mark.parametrize("backup", ["every: 1d, keep: 30d", "every: 1m, keep: 1m", "every: 1h, keep: 1h"])
def test_what_is_just_enough_is_enough(board: Board, backup: str) -> None:
    board.plant("services.yaml", "every: 6h, keep: 30d", backup)
    assert load(board.folder).service("job-platform").backup is not None


def test_what_is_not_written_is_told_where_the_copies_go(board: Board) -> None:
    board.plant("services.yaml", PORTALS, "  backup:\n    keep: 30d\n    to: recovery\n")
    lines = (board.folder / "services.yaml").read_text(encoding="utf-8").splitlines()
    assert [lines[one.line - 1] for one in board.defects()] == ["    to: recovery"]


def test_ways_of_standing_ready_may_take_the_same_time(board: Board) -> None:
    board.plant("city.yaml", "{warm: 5m, pilot-light: 1h, cold: 4h}", "{warm: 1h, pilot-light: 1h, cold: 1h}")
    assert len(load(board.folder).services) > 1


def test_a_backup_of_no_database_is_as_old_as_its_last_copy(board: Board) -> None:
    board.plant("services.yaml", PORTALS, "  backup: {to: recovery}\n")
    [found] = board.defects()
    assert "portal: backup: a backup every 1h loses more than the 15m of rpo" in found.problem
    assert "every: 15m" in found.remedy


def test_two_services_never_share_a_database(board: Board) -> None:
    board.plant("services.yaml", PORTALS, JOBS)
    [found] = board.defects()
    assert "database jobs is taken already, services.yaml:11" in found.problem


def test_the_remedy_is_the_cheapest_way_that_keeps_the_promise(board: Board) -> None:
    board.plant("services.yaml", "rto: 3d", "rto: 2h")
    [found] = board.defects()
    assert found.remedy.startswith("Let it be pilot-light, or write `rto: 4h` or more")


def test_a_city_that_measured_its_recovery_says_so(board: Board) -> None:
    board.plant("services.yaml", "rto: 3d", "rto: 2h")
    board.plant("city.yaml", "cold: 4h}", "cold: 2h}")
    assert load(board.folder).service("job-platform").rto == timedelta(hours=2)


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("{warm: 2h}", "pilot-light is back sooner than what stands more ready"),
        ("{cold: 30m}", "cold is back sooner than what stands more ready"),
        ("{hot: 1m}", "unknown key 'hot'"),
        ("{warm: soon}", "is not a duration"),
    ],
)
def test_times_of_recovery_that_cannot_be_meant_are_a_defect(board: Board, new: str, problem: str) -> None:
    board.plant("city.yaml", "recovery: {warm: 5m, pilot-light: 1h, cold: 4h}", f"recovery: {new}")
    assert [one.file.name for one in board.defects() if problem in one.problem] == ["city.yaml"]


def test_what_stands_more_ready_is_back_sooner() -> None:
    times = [RecoveryTimes().of(mode) for mode in Recovery]
    assert times == sorted(times) and len(set(times)) == len(Recovery)


@pytest.mark.parametrize(("seconds", "text"), [(86_400, "1d"), (90_000, "25h"), (5_400, "90m"), (61, "61s"), (0, "0d")])
def test_a_duration_is_shown_in_one_unit(seconds: int, text: str) -> None:
    assert shown(timedelta(seconds=seconds)) == text
