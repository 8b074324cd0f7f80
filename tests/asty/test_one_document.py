"""`--json` gives one document on every exit of every verb: verbs are discovered, and the exits are this table."""

import json
import os
import signal
import subprocess
import sys
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from asty import workspace
from asty.__main__ import main
from asty.call import Call
from city.errors import Defect, Failed, InvalidCity, NeedsPerson, Refused

ROOT = Path(__file__).parents[2]


def leaves(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, *path, name)


VERBS = {" ".join(path): command for path, command in leaves(main)}
EVERY_VERB = sorted(VERBS)


def called(verb: str) -> list[str]:
    """The words of a call that click accepts: whatever the verb requires has a value of its type."""
    words = verb.split()
    for parameter in VERBS[verb].params:
        if parameter.required:
            value = parameter.type.choices[0] if isinstance(parameter.type, click.Choice) else "x"
            words += [str(value)] if isinstance(parameter, click.Argument) else [parameter.opts[0], str(value)]
    return [*words, "--json"]


def run(words: list[str], **variables: str) -> tuple[int, Any]:
    """The exit code, and the one document of stdout: what is more or less than one is no JSON."""
    done = CliRunner().invoke(main, words, env={"ASTY_CITY": "example", **variables}, prog_name="asty")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.stderr
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_every_verb_takes_json(verb: str) -> None:
    assert "--json" in {word for parameter in VERBS[verb].params for word in parameter.opts}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(["--no-such-option"], id="an option that is not there"),
        pytest.param(["--select"], id="an option without its value"),
    ],
)
def test_a_call_that_is_not_understood_is_a_document(wrong: list[str]) -> None:
    for verb in EVERY_VERB:
        code, found = run([*called(verb), *wrong])
        assert code == found["error"]["exit_code"] == 2
        assert found["error"]["thing"] in {f"asty {verb}", "asty"} and "--help" in found["error"]["remedy"]


@pytest.mark.parametrize("verb", sorted(verb for verb, it in VERBS.items() if all(p.nargs == 1 for p in it.params)))
def test_words_that_nobody_asked_for_are_a_document(verb: str) -> None:
    code, found = run([*called(verb), "a", "b", "--", "c"])
    assert code == found["error"]["exit_code"] == 2 and found["error"]["thing"] == f"asty {verb}"


@pytest.mark.parametrize(
    "words", [["--json"], ["fly", "--json"], ["drill", "--json"], ["--json", "check"], ["lab", "--json"]]
)
def test_a_verb_that_is_not_there_is_a_document(words: list[str]) -> None:
    code, found = run(words)
    assert code == found["error"]["exit_code"] == 2


def test_what_is_required_and_missing_is_a_document() -> None:
    for verb in EVERY_VERB:
        if any(parameter.required for parameter in VERBS[verb].params):
            code, found = run([*verb.split(), "--json"])
            assert code == found["error"]["exit_code"] == 2 and "Missing" in found["error"]["problem"]


@pytest.mark.parametrize(
    ("options", "thing"),
    [
        pytest.param(["--workspace", "A B"], "workspace 'A B'", id="no name of a workspace"),
        pytest.param(["--workspace", "other"], "workspace other", id="a workspace whose ports nobody knows"),
        pytest.param(["--city", "atlantis"], "city atlantis", id="a city that is not there"),
        pytest.param(["--base-port", "80"], "base port 80", id="a port of the system"),
    ],
)
def test_a_workspace_that_cannot_be_is_a_document(options: list[str], thing: str) -> None:
    for verb in EVERY_VERB:
        code, found = run([*options, *called(verb)])
        assert code == found["error"]["exit_code"] == 2
        assert found["error"]["thing"] == thing


def raising(error: BaseException) -> Callable[..., Any]:
    def find(*_: object, **__: object) -> None:
        raise error

    return find


DEFECT = Defect(file=Path("city.yaml"), line=3, problem="unknown key", remedy="Remove it.")
LEFT = "the device closed the connection"
ENDS: tuple[tuple[str, BaseException, int, str], ...] = (
    ("failed", Failed("push", "2 devices failed", "Look."), 1, "2 devices failed"),
    ("defects", InvalidCity([DEFECT]), 2, "1 defect"),
    ("refused", Refused("plan", "the world moved", "Plan again."), 3, "the world moved"),
    ("a person", NeedsPerson("device", "not seen", "Look."), 4, "not seen"),
    ("usage", click.UsageError("no such thing"), 2, "no such thing"),
    ("ctrl-c", KeyboardInterrupt(), 130, "it was interrupted (SIGINT)"),
    ("ctrl-c at a question", click.Abort(), 130, "it was interrupted (SIGINT)"),
    ("ctrl-c in a group", BaseExceptionGroup("", [ValueError(), KeyboardInterrupt()]), 130, "interrupted (SIGINT)"),
    ("a group", ExceptionGroup("two at once", [ValueError(), OSError()]), 1, "two at once"),
    ("nobody's", RuntimeError("surprise"), 1, "RuntimeError: surprise"),
    ("a device's pipe", BrokenPipeError(32, LEFT), 1, LEFT),
    ("a device's end", EOFError(LEFT), 1, LEFT),
    ("full disk", OSError(28, "No space left on device"), 1, "it is full"),
    ("too deep", RecursionError("maximum recursion depth exceeded"), 1, "RecursionError"),
    ("no memory", MemoryError(), 1, "MemoryError"),
    ("cancelled", CancelledError(), 1, "CancelledError"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("error", "code", "problem"), [pytest.param(*row, id=name) for name, *row in ENDS])
def test_every_error_is_one_document_that_says_what_was_seen(
    error: BaseException, code: int, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "find", raising(error))
    for verb in EVERY_VERB:
        exit_code, found = run(called(verb))
        assert exit_code == found["error"]["exit_code"] == code
        assert problem in found["error"]["problem"]


@pytest.mark.parametrize("left", [None, 0, 3, "no"])
def test_a_library_that_ends_the_process_leaves_a_document(
    left: int | str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "find", raising(SystemExit(left)))
    for verb in EVERY_VERB:
        code, found = run(called(verb))
        assert found == {"exit_code": code} and code == {None: 0, "no": 1}.get(left, left)  # type: ignore[arg-type]  # a row is no key


USUAL: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}
"""As Python starts."""


@pytest.fixture
def usual_signals() -> Iterator[None]:
    before = {one: signal.signal(one, handler) for one, handler in USUAL.items()}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize("number", list(USUAL))
@pytest.mark.usefixtures("usual_signals")
def test_a_signal_ends_in_one_document(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "find", lambda *_, **__: signal.raise_signal(number))
    for verb in EVERY_VERB:
        code, found = run(called(verb))
        assert {one: signal.getsignal(one) for one in USUAL} == USUAL, "as before the verb"
        assert code == found["error"]["exit_code"] == 128 + number
        assert number.name in found["error"]["problem"]


@pytest.mark.parametrize("code", [0, 1, 4])
def test_a_verb_that_found_nothing_to_say_tells_its_exit_code(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> int:
        click.echo("a library talks")
        return code

    for verb in EVERY_VERB:
        monkeypatch.setattr(VERBS[verb], "callback", silent)
        assert run(called(verb)) == (code, {"exit_code": code})


def test_help_is_no_second_document() -> None:
    for verb in EVERY_VERB:
        assert run([*verb.split(), "--json", "--help"]) == (0, {"exit_code": 0})


def test_a_result_stays_the_document_whatever_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        context = click.get_current_context()
        assert isinstance(context.obj, Call)
        context.obj.screen.result({"found": "Θεσσαλονίκη"}, [])
        raise KeyboardInterrupt

    monkeypatch.setattr(VERBS["check"], "callback", late)
    assert run(["check", "--json"]) == (130, {"found": "Θεσσαλονίκη"})


@pytest.mark.parametrize("content", [float("nan"), float("inf"), {1, 2}, object()])
def test_what_is_no_json_is_an_error_and_never_half_a_document(
    content: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object, **__: object) -> None:
        click.get_current_context().obj.screen.result({"found": [1, content]}, [])

    monkeypatch.setattr(VERBS["check"], "callback", odd)
    code, found = run(["check", "--json"])
    assert (code, found["error"]["thing"]) == (1, "asty itself")


PROGRAM = """
import os, signal, subprocess, sys, time
from asty import workspace
from asty.__main__ import main
def find(*_, **__):
    os.write(1, b"a library talks\\n")
    subprocess.run(["echo", "a program talks"])
    print("ready", file=sys.stderr, flush=True)
    time.sleep(60)
if "--wait" in sys.argv:
    sys.argv.remove("--wait")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup(1) has it ignored
    workspace.find = find
main()
"""


def started(*words: str, **streams: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - as Popen has them
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environ, **streams}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], text=True, cwd=ROOT, **streams)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_is_asked_to_end_leaves_one_document_and_nothing_else_on_stdout(number: signal.Signals) -> None:
    with started("check", "--json", "--wait") as asked:
        assert asked.stderr
        while asked.stderr.readline() != "ready\n":
            pass
        asked.send_signal(number)
        out, _ = asked.communicate(timeout=120)
    assert json.loads(out)["error"]["exit_code"] == asked.returncode == 128 + number


@pytest.mark.slow
@pytest.mark.parametrize("words", [["check", "--json"], ["check"], ["--help"], ["check", "--json", "--wings"]])
def test_a_reader_that_had_enough_is_told_by_the_exit_code_alone(words: list[str]) -> None:
    with started(*words) as asked:
        assert asked.stdout and asked.stderr
        asked.stdout.close()
        told = asked.stderr.read()
    assert asked.returncode == 141
    assert "Traceback" not in told and "Exception ignored" not in told and "BrokenPipe" not in told


@pytest.mark.slow
def test_whoever_stopped_listening_to_stderr_still_gets_the_document() -> None:
    with started("check", "--json", "--wings") as asked:
        assert asked.stdout and asked.stderr
        asked.stderr.close()
        assert json.loads(asked.stdout.read())["error"]["exit_code"] == 2
    assert asked.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("words", [["check", "--json"], ["check"], ["--version"]])
def test_results_that_cannot_be_written_are_no_success(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full, started(*words, stdout=full) as asked:
        assert asked.stderr
        told = asked.stderr.read()
    assert asked.returncode == 1
    assert "it is full" in told and told.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_from_the_start_break_nothing(closed: str) -> None:
    command = ["/bin/sh", "-c", f'"$0" -m asty --city example check --json {closed}', sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not done.stdout if closed.startswith(">") else json.loads(done.stdout)["city"] == "example"


@pytest.mark.slow
@pytest.mark.parametrize("words", [["check", "--json"], ["check"]])
def test_letters_that_a_terminal_has_not_are_no_error(words: list[str]) -> None:
    environ = {"PYTHONIOENCODING": "ascii:strict", "PATH": "/usr/bin:/bin", "ASTY_CITY": "thessaloniki"}
    with started(*words, env=environ) as asked:
        out, told = asked.communicate(timeout=120)
    assert (asked.returncode, told) == (0, "")
    assert out
