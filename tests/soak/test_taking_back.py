"""Real PostgreSQL, taken back to points in time by the programs of a database host."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.drs.postgres.pairs import OWNER, PROGRAMS

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
FILES = HERE.parents[1] / "playbooks/roles/database/files"


@pytest.fixture(scope="module")
def taken_back() -> Iterator[dict[str, Any]]:
    folder = Path(mkdtemp(prefix="back-", dir="/tmp"))
    for name in ("files", "program.py"):
        (
            shutil.copytree(FILES, folder / name)
            if name == "files"
            else shutil.copy(HERE / "taking_back.py", folder / name)
        )
    own = folder / "own"
    own.mkdir()
    if OWNER:
        folder.chmod(0o755)
        shutil.chown(own, OWNER)
    program = ["/usr/bin/python3", "-B", str(folder / "program.py"), str(folder / "files"), str(own)]
    as_owner = ["/usr/sbin/runuser", "-u", OWNER, "--"] if OWNER else []
    try:
        done = subprocess.run([*as_owner, *program], capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_the_rows_of_a_restore_are_those_that_were_there_whatever_a_table_is_called(taken_back: dict[str, Any]) -> None:
    assert taken_back["alike"] is True
    assert taken_back["touched"] is False, "a name in the database is no command of anybody's"


@pytest.mark.parametrize(("point", "rows"), [("between", 100), ("early", 200), ("late", 0)])
def test_each_point_has_the_rows_of_its_moment_and_is_proven_whole(
    taken_back: dict[str, Any], point: str, rows: int
) -> None:
    """`late` is after the last change: there PostgreSQL waits in vain for one that is later."""
    found = taken_back[point]
    assert (found["good"], found["problem"]) == (True, "")
    assert found["rows"]["public.marks"] == rows and len(found["rows"]) == 2


def test_what_was_restored_leads_on_a_timeline_of_its_own(taken_back: dict[str, Any]) -> None:
    main = taken_back["file"].partition("/base/")[0]
    told = subprocess.run([PROGRAMS / "pg_controldata", "-D", main], capture_output=True, text=True, check=True).stdout
    assert (
        "Latest checkpoint's TimeLineID:       2" in told
        and "Database cluster state:               shut down\n" in told
    )


def test_a_page_whose_sum_is_wrong_is_found(taken_back: dict[str, Any]) -> None:
    file = Path(taken_back["file"])
    main = taken_back["file"].partition("/base/")[0]
    with file.open("r+b") as page:
        page.seek(5000)
        page.write(os.urandom(8))
    done = subprocess.run(
        [PROGRAMS / "pg_checksums", "--check", "-D", main], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "checksum verification failed" in done.stderr
