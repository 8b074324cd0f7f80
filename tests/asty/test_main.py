import errno
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from asty.__main__ import main
from asty.call import Call
from asty.ending import ending
from city.errors import AstyError, ExitCode, Failed, InvalidInput, NeedsPerson, Refused


def asty(*args: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell sees it."""
    environ = {**os.environ, "XDG_STATE_HOME": str(home), "ASTY_CITY": "example", **variables}
    return subprocess.run(
        [sys.executable, "-m", "asty", *args], capture_output=True, text=True, check=False, env=environ
    )


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("ASTY_CITY", "example")
    return Call()


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(Failed("push", "2 devices failed", "Look."), 1, id="failed"),
        pytest.param(InvalidInput("city", "2 defects", "Mend them."), 2, id="invalid input"),
        pytest.param(Refused("plan", "the world moved", "Plan again."), 3, id="refused"),
        pytest.param(NeedsPerson("device", "not seen", "Look."), 4, id="needs a person"),
        pytest.param(click.UsageError("no such option"), 2, id="usage"),
        pytest.param(KeyboardInterrupt(), 130, id="interrupted"),
        pytest.param(click.Abort(), 130, id="interrupted inside click"),
        pytest.param(RuntimeError("surprise"), 1, id="unexpected"),
    ],
)
def test_exit_codes(error: BaseException, code: int, call: Call) -> None:
    assert ending(lambda: raising(error), call) == code


@pytest.mark.parametrize("code", list(ExitCode))
def test_a_verb_chooses_its_code(code: ExitCode, call: Call) -> None:
    assert ending(lambda: code, call) == code


def test_the_unexpected_leaves_a_log_and_one_line(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call = Call()
    ending(lambda: raising(RuntimeError("surprise")), call)
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "Traceback" not in told and "RuntimeError: surprise" in told
    (log,) = call.workspace.logs.iterdir()
    assert str(log) in told and "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str], call: Call) -> None:
    call = Call()
    call.screen.debug = True
    ending(lambda: raising(RuntimeError("surprise")), call)
    assert "Traceback" in capsys.readouterr().err


def test_the_unexpected_is_told_even_where_no_workspace_can_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASTY_WORKSPACE", "../nowhere")
    assert ending(lambda: raising(RuntimeError("surprise")), Call()) == 1
    assert "/asty-" in capsys.readouterr().err


FULL = OSError(errno.ENOSPC, "No space left on device")
READ_ONLY = OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(FULL, "the disk: it is full. Free some space", id="full"),
        pytest.param(READ_ONLY, "the disk: it takes no writing", id="read-only"),
        pytest.param(sqlite3.OperationalError("database or disk is full"), "it is full", id="full, as SQLite says it"),
    ],
)
def test_a_disk_that_takes_nothing_is_one_line_with_a_remedy_and_no_log(
    error: Exception, told: str, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call = Call()
    assert ending(lambda: raising(error), call) == 1
    shown = capsys.readouterr().err
    assert told in shown and shown.count("\n") == 1
    assert "report" not in shown and not (call.workspace.home / "logs").exists()


@pytest.mark.parametrize("error", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_the_unexpected_is_told_even_where_its_log_cannot_be_written(
    error: OSError, call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del call  # its workspace is the test's
    monkeypatch.setattr(Path, "touch", lambda *_, **__: raising(error))
    assert ending(lambda: raising(RuntimeError("surprise")), Call()) == 1
    shown = capsys.readouterr().err
    assert "RuntimeError: surprise" in shown and "--debug" in shown and "Traceback" not in shown


@pytest.mark.parametrize("verb", sorted(main.summaries()))
def test_every_verb_has_help_that_says_what_it_promises(verb: str) -> None:
    shown = CliRunner().invoke(main, [verb, "--help"], prog_name="asty")
    assert shown.exit_code == 0
    assert f"Usage: asty {verb}" in shown.output


def test_help_waits_for_no_room_and_no_library_but_clicks() -> None:
    code = (
        "import sys; before = set(sys.modules); import asty.__main__; new = set(sys.modules) - before;"
        "loaded = {name.partition('.')[0] for name in new if name[0] != '_'};"
        "print(sorted(loaded - set(sys.stdlib_module_names)), sorted(name for name in new if name.startswith('city.')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['asty', 'city', 'click'] ['city.disk', 'city.errors', 'city.foreign']"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        pytest.param(["fly"], 2, "No such command", id="an unknown verb"),
        pytest.param(["check", "--wings"], 2, "No such option", id="an unknown option"),
        pytest.param(["--workspace", "A B", "check"], 2, "not a name", id="a workspace that cannot be"),
        pytest.param(["--city", "atlantis", "check"], 2, "no such folder", id="a city that is not there"),
        pytest.param(["--base-port", "80", "check"], 2, "not usable", id="a port of the system"),
    ],
)
def test_bad_usage_as_a_shell_sees_it(args: list[str], code: int, told: str, tmp_path: Path) -> None:
    shown = asty(*args, home=tmp_path)
    assert (shown.returncode, shown.stdout) == (code, "")
    assert told in shown.stderr and "Traceback" not in shown.stderr


@pytest.mark.slow
def test_check_says_what_the_example_city_declares(tmp_path: Path) -> None:
    shown = asty("check", "--json", home=tmp_path)
    assert shown.returncode == 0, shown.stderr
    content = json.loads(shown.stdout)
    assert content["city"] == "example"
    assert content["declared"]["sites"] >= 2
    assert not (tmp_path / "asty").exists(), "to check is to read"


@pytest.mark.slow
def test_check_in_text_is_for_people(tmp_path: Path) -> None:
    shown = asty("check", home=tmp_path)
    assert "no defects" in shown.stdout and shown.returncode == 0


@pytest.mark.slow
def test_an_empty_folder_is_no_city(tmp_path: Path) -> None:
    shown = asty("check", "--json", home=tmp_path, ASTY_CITY=str(tmp_path))
    assert shown.returncode == 2
    assert json.loads(shown.stdout)["error"]["exit_code"] == 2


def test_errors_share_one_root() -> None:
    assert {kind.exit_code for kind in AstyError.__subclasses__()} == {1, 2, 3, 4}
