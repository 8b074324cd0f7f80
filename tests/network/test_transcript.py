import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.transports.base import Rejected
from network.transports.terminal import Terminal
from network.transports.transcript import answers, check, check_shown, greeted, question, ready, remarks, words
from platforms.frr import GRAMMAR as FRR
from platforms.grammar.protocol import Grammar
from platforms.mesh_ap import GRAMMAR as MESH_AP
from platforms.routeros import GRAMMAR as ROUTEROS
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


def clean(raw: str) -> str:
    terminal = Terminal()
    terminal.take(raw.encode())
    return terminal.text


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
    assert ready(clean(text), platform) is is_ready  # type: ignore[arg-type]  # the table holds platforms


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


@pytest.mark.parametrize(
    ("text", "is_greeted"),
    [
        pytest.param("\r\nap-0001#", True, id="a prompt"),
        pytest.param("\r\nOnly for those who may! ap-0001#", True, id="behind a line that does not end"),
        pytest.param("\r\nHello# this is no prompt", False, id="in the middle of a line"),
        pytest.param("\r\n" + "x" * 3000 + "#", False, id="no prompt is so long"),
        pytest.param(
            "ap-0001#\n*Mar  1 00:01:02.003: %SYS-5-CONFIG_I: Configured by admin\n", True, id="a log line behind"
        ),
    ],
)
def test_greeted(text: str, is_greeted: bool) -> None:  # noqa: FBT001 - a table's column
    assert greeted(clean(text), STREET_AP) is is_greeted


LONG = "description ap-agiou-dimitriou-and-ethnikis-amynis-corner-pole-0001-and-some-more-of-it"
LOG = "*Mar  1 00:01:02.003: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/5, changed state to up\n"


@pytest.mark.parametrize(
    ("text", "commands", "found"),
    [
        pytest.param(f"{LONG[:70]}\n{LONG[70:]}\nap#", [LONG], ("",), id="an echo that folds"),
        pytest.param(f"a\nap#{LONG[:30]}\n{LONG[30:]}\nsaid\nap#", ["a", LONG], ("", "said"), id="the second folds"),
        pytest.param(f"show run\na\n{LOG}b\nap#", ["show run"], ("a\nb",), id="a log line in an answer"),
        pytest.param(f"show run\na\nap#{LOG}", ["show run"], None, id="a log line behind the prompt, on its line"),
        pytest.param(f"show run\na\nap#\n{LOG}", ["show run"], ("a",), id="a log line behind the prompt"),
        pytest.param(f"sho\n{LOG}ap#show run\na\nap#", ["show run"], ("a",), id="a log line in an echo, redrawn"),
        pytest.param(f"sho\n{LOG}w run\na\nap#", ["show run"], ("a",), id="a log line in an echo, gone on with"),
        pytest.param("rest of it\nap#show run\na\nap#", ["show run"], ("a",), id="the end of a greeting before it"),
        pytest.param("show run\na\nap#\nap#", ["show run"], ("a",), id="a prompt that comes twice"),
        pytest.param("a\nap#", ["show run"], ("a",), id="no echo at all"),
        pytest.param(f"${LONG[-40:]}\nsaid\nap#", [LONG], ("said",), id="an echo moved to the left"),
        pytest.param(f"a\na\nap#${LONG[-40:]}\nap#", ["a", LONG], ("a", ""), id="the second is moved to the left"),
        pytest.param("show run\na\n --More-- \nb\nap#", ["show run"], ("a\nb",), id="a page that is not taken back"),
        pytest.param("show runn\na\nap#", ["show run", "end"], None, id="the echo of something else"),
    ],
)
def test_answers_are_found_whatever_stands_around_them(
    text: str, commands: list[str], found: tuple[str, ...] | None
) -> None:
    assert answers(text, commands, STREET_AP) == found


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        pytest.param(STREET_AP, "000123: *Mar  1 00:01:02.003: %SYS-5-CONFIG_I: Configured by x", id="numbered"),
        pytest.param(STREET_AP, "Nov 29 10:21:34.123 EET: %LINEPROTO-5-UPDOWN: Line protocol up", id="with its zone"),
        pytest.param(STREET_AP, ".Nov 29 10:21:34: %PM-4-ERR_DISABLE: loopback on Gi1/0/5", id="a clock that drifts"),
        pytest.param(STREET_AP, "1w2d: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up", id="since it started"),
        pytest.param(STREET_AP, "00:00:46: %LINK-5-CHANGED: Interface Vlan1", id="since it started, the first day"),
        pytest.param(STREET_AP, "%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: x]", id="without a time"),
        pytest.param(STREET_AP, "2026 Nov 29 10:00:00 sw %ETHPORT-5-IF_UP: Interface Eth1/1", id="with its own name"),
        pytest.param(ROUTEROS, "17:20:06 echo: system,error,critical login failure for user x", id="RouterOS"),
        pytest.param(ROUTEROS, "nov/29/2026 17:20:06 echo: script,error no such item", id="RouterOS 6, with its day"),
        pytest.param(ROUTEROS, "2026-11-29 17:20:06 echo: dhcp,critical,error no pool", id="RouterOS 7, with its day"),
    ],
)
def test_a_line_of_the_log_is_no_part_of_an_answer(platform: Grammar, line: str) -> None:
    prompt = "[admin@ap] > " if platform is ROUTEROS else "ap#"
    text = f"show\na\n{line}\nb\n{prompt}"
    assert answers(text, ["show"], platform) == ("a\nb",)
    assert ready(f"{prompt}\n{line}\n", platform)


@pytest.mark.parametrize(
    ("platform", "tail", "typed", "typed_to_what_shows"),
    [
        pytest.param(STREET_AP, "!\n --More-- ", " ", " ", id="a page"),
        pytest.param(STREET_AP, "!\n---- More ----", " ", " ", id="a page in another spelling"),
        pytest.param(STREET_AP, "!\n<--- More --->", " ", " ", id="a page of an ASA"),
        pytest.param(STREET_AP, "!\nMore: <space>,  Quit: q or CTRL+Z, One line: <return> ", " ", " ", id="of an SMB"),
        pytest.param(STREET_AP, "x\nOverwrite the previous NVRAM configuration?[confirm]", "\n", None, id="confirm"),
        pytest.param(STREET_AP, "x\nDo you want to continue? [yes/no]: ", "yes\n", None, id="yes or no"),
        pytest.param(STREET_AP, "x\nAre you sure (y/n)? ", "y\n", None, id="y or n"),
        pytest.param(STREET_AP, "x\n description what --More-- means", None, None, id="words about it"),
        pytest.param(STREET_AP, "x\nap#", None, None, id="a prompt"),
        pytest.param(STREET_AP, "x [confirm]\n", None, None, id="a question that was answered"),
        pytest.param(ROUTEROS, "\nDo you want to see the software license? [Y/n]: ", "n", "n", id="the licence"),
        pytest.param(ROUTEROS, "a\n-- [Q quit|D dump|down]", " ", " ", id="a page of RouterOS"),
        pytest.param(ROUTEROS, "\nnew password> ", None, None, id="what only a person can answer"),
        pytest.param(MESH_AP, "rm: remove '/x'? ", None, None, id="a shell asks nothing that we know"),
    ],
)
def test_a_question_between_a_command_and_its_answer_is_answered(
    platform: Grammar, tail: str, typed: str | None, typed_to_what_shows: str | None
) -> None:
    """Whoever only reads agrees to nothing."""
    assert question(tail, platform, meant=True) == typed
    assert question(tail, platform, meant=False) == typed_to_what_shows


BANNER = "banner motd ^C\n% Authorized users only\nError: none\n^C\nhostname ap\nend"


def test_a_line_of_shown_text_that_begins_with_a_per_cent_sign_is_no_rejected_command() -> None:
    check_shown("ap-0001", ["show running-config"], [BANNER], STREET_AP)
    with pytest.raises(Rejected, match="Invalid input"):
        check_shown("ap-0001", ["show running-config"], ["    ^\n% Invalid input detected at '^' marker."], STREET_AP)


@pytest.mark.parametrize("said", ["%Warning: this port may take 30 s", "% Warning: x", "%Notice: y", "Warning: z"])
def test_a_warning_is_no_refusal(said: str) -> None:
    check("ap-0001", ["switchport mode trunk"], [said], STREET_AP)


def test_remarks_name_the_refused_line_first_and_what_was_said_to_it() -> None:
    said = remarks(["a", "b", "c", "key opensesame"], ["", "%Warning: w", "% Bad", "no opensesame here"], STREET_AP)
    assert said == ("it rejected 'c': % Bad", "to 'b' it said '%Warning: w'", "to 'key ***' it said 'no *** here'")


def test_words_of_a_device_are_short_on_one_line_and_steer_nothing() -> None:
    told = words("username x password 7 opensesame", "  ^\n% \x1b[31mopensesame\x9b?\n" + "y" * 500)
    assert told.startswith("% ^[[31m***<U+009B>? / yyy") and len(told) < 170 and told.endswith("…")
