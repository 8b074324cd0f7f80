import io
import json
from pathlib import Path

import pytest

from asty.screen import Screen
from city.errors import AstyError, Defect, InvalidCity, Refused


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def screen(*, json: bool = False, terminal: bool = False) -> tuple[Screen, io.StringIO, io.StringIO]:
    make = Terminal if terminal else io.StringIO
    out, err = make(), make()
    return Screen(json=json, out=out, err=err), out, err


def test_json_is_one_document_and_progress_stays_beside_it() -> None:
    shown, out, err = screen(json=True)
    shown.line("asking")
    shown.result({"name": "Θεσσαλονίκη"}, ["a line for people"])
    assert not out.getvalue(), "nothing interrupts the writing at the end"
    shown.close(0)
    assert json.loads(out.getvalue()) == {"name": "Θεσσαλονίκη"}
    assert err.getvalue() == "asking\n"


def test_text_goes_to_stdout() -> None:
    shown, out, err = screen()
    shown.result({}, ["one", "two"])
    assert (out.getvalue(), err.getvalue()) == ("one\ntwo\n", "")


def test_an_error_names_thing_problem_and_remedy_without_a_traceback() -> None:
    shown, out, err = screen()
    shown.error(Refused("plan 12ab", "the world moved", "Plan again."))
    assert err.getvalue() == "error: plan 12ab: the world moved. Plan again.\n"
    assert out.getvalue() == ""


def test_a_problem_of_several_lines_keeps_them() -> None:
    shown, _, err = screen()
    shown.error(Refused("plan 12ab", "the world moved:\n  one\n  two\n", "Plan again."))
    assert err.getvalue() == "error: plan 12ab: the world moved:\n  one\n  two\nPlan again.\n"


def test_an_error_is_a_document_too() -> None:
    shown, out, _ = screen(json=True)
    shown.error(Refused("plan 12ab", "the world moved", "Plan again."))
    shown.close(3)
    expected = {"thing": "plan 12ab", "problem": "the world moved", "remedy": "Plan again.", "exit_code": 3}
    assert json.loads(out.getvalue()) == {"error": expected}


def test_after_a_result_an_error_adds_no_second_document() -> None:
    shown, out, err = screen(json=True)
    shown.result([], [])
    shown.error(AstyError("a", "b", "c"))
    shown.close(1)
    assert json.loads(out.getvalue()) == []
    assert "error: a: b. c" in err.getvalue()


def test_a_verb_has_one_result() -> None:
    shown, _, _ = screen(json=True)
    shown.result([], [])
    with pytest.raises(AssertionError):
        shown.result([], [])


def test_every_defect_of_a_city_has_its_line() -> None:
    defects = [
        Defect(file=Path("b.yaml"), line=3, problem="unknown key", remedy="Remove it."),
        Defect(file=Path("a.yaml"), line=9, problem="twice", remedy="Rename one."),
    ]
    shown, out, err = screen(json=True)
    shown.error(InvalidCity(defects))
    shown.close(2)
    assert err.getvalue().splitlines()[:2] == ["a.yaml:9: twice. Rename one.", "b.yaml:3: unknown key. Remove it."]
    assert [d["line"] for d in json.loads(out.getvalue())["error"]["defects"]] == [9, 3]


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        pytest.param(True, {}, True, id="a terminal shows colours"),
        pytest.param(True, {"NO_COLOR": "1"}, False, id="not where NO_COLOR is set"),
        pytest.param(True, {"NO_COLOR": ""}, True, id="an empty NO_COLOR says nothing"),
        pytest.param(True, {"TERM": "dumb"}, False, id="not on a dumb terminal"),
        pytest.param(False, {}, False, id="never in a pipe"),
    ],
)
def test_colours(terminal: bool, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a table
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown, _, err = screen(terminal=terminal)
    shown.error(AstyError("a", "b", "c"))
    assert ("\x1b[" in err.getvalue()) is coloured


@pytest.mark.parametrize(
    ("total", "lines"),
    [
        pytest.param(1, ["push: 1 of 1"], id="one"),
        pytest.param(3, ["push: 1 of 3", "push: 2 of 3", "push: 3 of 3"], id="few: each"),
        pytest.param(200, [f"push: {n} of 200" for n in range(20, 201, 20)], id="many: each tenth"),
        pytest.param(0, [], id="none"),
    ],
)
def test_counting_in_a_pipe(total: int, lines: list[str]) -> None:
    shown, _, err = screen()
    with shown.counting("push", total) as advance:
        for number in range(total):
            advance(f"device {number}")
    assert err.getvalue().splitlines() == lines


def test_counting_on_a_terminal_draws_a_bar() -> None:
    shown, _, err = screen(terminal=True)
    with shown.counting("push", 2) as advance:
        advance("switch-1")
        advance("switch-2")
    assert "2/2" in err.getvalue() and "\x1b[" in err.getvalue()


def test_a_step_tells_its_end_also_when_it_fails() -> None:
    shown, _, err = screen()
    with shown.step("cloud"):
        pass
    with pytest.raises(AstyError), shown.step("devices"):
        raise AstyError("a", "b", "c")
    told = err.getvalue().splitlines()
    assert told[0] == "cloud ..." and told[1].startswith("cloud: done in ")
    assert told[3].startswith("devices: stopped after ")


FOREIGN = "key\x1b[2J\x9b31m\u202e\x07\udce9 of a device"
SHOWN = "key^[[2J<U+009B>31m<U+202E>^G<E9> of a device"


def test_what_others_wrote_steers_no_terminal() -> None:
    shown, out, err = screen(terminal=True)
    shown.result({}, [FOREIGN])
    shown.line(FOREIGN)
    shown.error(Refused("a\nerror: none at all", FOREIGN, "c"))
    with shown.counting(FOREIGN, 0), shown.step(FOREIGN):
        pass
    assert out.getvalue() == f"{SHOWN}\n"
    assert err.getvalue().startswith(f"{SHOWN}\n\x1b[31merror:\x1b[0m a^Jerror: none at all: {SHOWN}. c\n")
    assert FOREIGN not in err.getvalue() and "\x1b[2J" not in err.getvalue()


def test_json_holds_no_character_that_steers_and_gives_back_what_was_written() -> None:
    shown, out, _ = screen(json=True)
    shown.result({"said": FOREIGN, "tag\U000e0001": "Θεσσαλονίκη"}, [])
    shown.close(0)
    assert out.getvalue().isprintable() or set("\n") >= {c for c in out.getvalue() if not c.isprintable()}
    assert "Θεσσαλονίκη" in out.getvalue()
    assert json.loads(out.getvalue()) == {"said": FOREIGN, "tag\U000e0001": "Θεσσαλονίκη"}
