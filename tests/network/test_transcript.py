import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.transports.base import Rejected
from network.transports.transcript import answers, check, clean, ready
from platforms.frr import GRAMMAR as FRR
from platforms.mesh_ap import GRAMMAR as MESH_AP
from platforms.street_ap import GRAMMAR as STREET_AP
from tests.platforms import recorded

COMMANDS = (
    "configure terminal",
    "ip prefix-list city-networks seq 10 permit 10.1.0.0/24",
    "bogus line",
    "hostname zz",
    "end",
)
BODY = recorded.FRR_TERMINAL.partition("vm# ")[2]
ANSWERS = ("", "", "% Unknown command: bogus line", "", "")


def test_a_real_terminal_is_cut_into_answers_though_its_prompt_changes() -> None:
    assert answers(clean(BODY), COMMANDS, FRR) == ANSWERS


@given(st.integers(0, len(BODY) - 1))
def test_a_terminal_that_is_not_finished_has_no_answers(cut: int) -> None:
    found = answers(clean(BODY[:cut]), COMMANDS, FRR)
    assert found is None or (found == ANSWERS and BODY[:cut].endswith("zz#"))


@pytest.mark.parametrize(
    ("platform", "text", "is_ready"),
    [
        pytest.param(FRR, recorded.FRR_TERMINAL, True, id="real FRR, at the end"),
        pytest.param(FRR, recorded.FRR_TERMINAL[:-4], False, id="one that still writes"),
        pytest.param(FRR, "\r\nHello# this is no prompt\r\n", False, id="a greeting with a hash"),
        pytest.param(STREET_AP, "\r\nap-0001(config-if)#", True, id="in a section"),
        pytest.param(STREET_AP, "\r\nap-0001# ", True, id="privileged"),
        pytest.param(MESH_AP, "\r\nroot@ap-0003:~# ", True, id="a shell"),
        pytest.param(MESH_AP, "\x1b[?2004hroot@ap-0003:~# ", True, id="a shell that colours"),
        pytest.param(STREET_AP, "Password: ", False, id="a question"),
        pytest.param(STREET_AP, "", False, id="nothing yet"),
    ],
)
def test_ready(platform: object, text: str, is_ready: bool) -> None:  # noqa: FBT001 - a table's column
    assert ready(text, platform) is is_ready  # type: ignore[arg-type]  # the table holds platforms


def test_what_looks_like_a_prompt_in_an_answer_is_not_taken_for_one() -> None:
    text = "show banner\r\nap-0001# not a prompt\r\nap-0001#end\r\nap-0001#"
    assert answers(clean(text), ["show banner", "end"], STREET_AP) == ("ap-0001# not a prompt", "")


@pytest.mark.parametrize(
    ("platform", "answer", "told"),
    [
        pytest.param(FRR, "% Unknown command: x", "Unknown command", id="FRR: unknown"),
        pytest.param(FRR, "% Refusing to remove a non-existent route", "Refusing", id="FRR: not there"),
        pytest.param(STREET_AP, "      ^\n% Invalid input detected at '^' marker.", "Invalid input", id="IOS-like"),
        pytest.param(STREET_AP, "some words\n% Incomplete command.\nmore", "Incomplete", id="in the middle of words"),
        pytest.param(MESH_AP, "uci: Entry not found", "Entry not found", id="uci"),
        pytest.param(MESH_AP, "Command failed: Permission denied", "Permission", id="ubus"),
        pytest.param(MESH_AP, "ash: ucy: not found", "not found", id="a shell"),
    ],
)
def test_a_rejected_line_is_never_success(platform: object, answer: str, told: str) -> None:
    with pytest.raises(Rejected, match=told):
        check("ap-0001", ["first", "key opensesame"], ["", answer], platform)  # type: ignore[arg-type]  # as above


def test_a_rejection_names_the_line_and_hides_its_secret() -> None:
    with pytest.raises(Rejected) as told:
        check("ap-0001", ["first", "key opensesame"], ["", "% Invalid input"], STREET_AP)
    assert "'key ***'" in told.value.problem and "opensesame" not in str(told.value)


@pytest.mark.parametrize("answer", [recorded.FRR_SAVED, "100 % done", "a % b"], ids=["saved", "percent", "inside"])
def test_what_only_mentions_percent_is_no_rejection(answer: str) -> None:
    check("sw-core-01", ["write memory"], [answer], FRR)
