"""What was read is proven whole before it is believed: for every platform that is pushed, wherever the text is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Failed
from lab.fleet.box import Hardware
from lab.fleet.dialects.dialect import START
from lab.fleet.fleet import new
from lab.fleet.registry import families
from network.reading import Unreadable, read, staged, starts_so
from network.transports.transcript import check_shown
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Grammar
from platforms.registry import grammar, platforms
from tests.platforms import recorded

PUSHED = [name for name, known in platforms().items() if known.grammar is not None]


@dataclass
class Shows:
    """A session with a device that answers each command with the next of its texts, the last for ever."""

    platform: Grammar
    texts: dict[str, list[str]]

    def show(self, commands: Sequence[str]) -> tuple[str, ...]:
        found = [queue.pop(0) if len(queue) > 1 else queue[0] for queue in (self.texts[c] for c in commands)]
        check_shown("ap-1", commands, found, self.platform)
        return tuple(found)

    def run(self, commands: Sequence[str]) -> tuple[str, ...]:
        raise AssertionError(f"somebody who reads changes nothing: {commands}")

    tell = run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace


@cache
def shown(name: str) -> dict[str, str]:
    """What a device of this platform answers to each command that reads."""
    known, box = grammar(name), families().get(name)
    commands = filter(None, (known.show_running, known.show_startup, known.show_staged))
    if box is None:
        return dict.fromkeys(commands, recorded.FRR_RUNNING)
    ports = box.ports(3) if box.ports_sold else 0
    state = new(
        Hardware(id="x-1", platform=name, index=1, serial="X1", mac=b"\2abcde", bands=box.bands, ports=ports), 0
    )
    return {command: box.dialect.answer(state, START, command, 100.0).text for command in commands}


def session(name: str, command: str, *texts: str) -> Shows:
    told = {other: [text] for other, text in shown(name).items()}
    return Shows(grammar(name), told | {command: list(texts)})


@pytest.mark.parametrize("name", PUSHED)
def test_a_configuration_with_its_end_is_read(name: str) -> None:
    running = grammar(name).show_running
    seen = read(session(name, running, shown(name)[running]), "x-1", grammar(name))
    assert any(seen.running.sections.values()) and seen.text == shown(name)[running]


@pytest.mark.parametrize("name", PUSHED)
@given(data=st.data())
def test_a_configuration_that_is_cut_anywhere_is_never_believed(name: str, data: st.DataObject) -> None:
    """At any character, and at any end of a line: a device that runs out of memory writes whole lines."""
    running = grammar(name).show_running
    whole = shown(name)[running].rstrip()
    ends = [at for at, character in enumerate(whole) if character == "\n"]
    cut = whole[: data.draw(st.one_of(st.sampled_from(ends), st.integers(0, len(whole) - 1)))]
    with pytest.raises(Failed):
        read(session(name, running, cut), "x-1", grammar(name))


@pytest.mark.parametrize("name", PUSHED)
def test_a_configuration_is_asked_for_again_when_it_comes_without_its_end(name: str) -> None:
    running = grammar(name).show_running
    whole = shown(name)[running]
    half = whole[: whole.rstrip().rindex("\n")]
    assert read(session(name, running, half, half, whole), "x-1", grammar(name)).text == whole


@pytest.mark.parametrize("name", [name for name in PUSHED if grammar(name).show_startup])
def test_what_it_starts_with_is_not_believed_where_it_is_cut_off(name: str) -> None:
    known = grammar(name)
    running = read(session(name, known.show_running, shown(name)[known.show_running]), "x-1", known).running
    wanted = known.managed(running, Configuration.of({TOP: [f"hostname {name}"]}))
    whole = shown(name)[known.show_startup]
    assert starts_so(session(name, known.show_startup, whole), known, wanted, running)
    cut = whole[: whole.rstrip().rindex("\n")]
    assert not starts_so(session(name, known.show_startup, cut), known, wanted, running)


@pytest.mark.parametrize("name", [name for name in PUSHED if grammar(name).show_staged])
@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param("# whole", "", id="nothing"),
        pytest.param(
            "uci: Parse error (invalid command) at line 23, byte 1\n# whole", "", id="a file of another package"
        ),
        pytest.param("wireless.radio0.channel='6'\n# whole", "wireless.radio0.channel='6'", id="a line"),
    ],
)
def test_what_is_staged_is_told_where_it_came_whole(name: str, said: str, found: str) -> None:
    assert staged(session(name, grammar(name).show_staged, said), "x-1", grammar(name)) == found


@pytest.mark.parametrize("name", [name for name in PUSHED if grammar(name).show_staged])
@pytest.mark.parametrize("cut", ["", "wireless.radio0.channel='6'", "Killed"])
def test_that_nothing_is_staged_is_not_believed_where_the_answer_is_cut_off(name: str, cut: str) -> None:
    with pytest.raises(Unreadable, match="what is staged on it has no end"):
        staged(session(name, grammar(name).show_staged, cut), "x-1", grammar(name))


OURS = "network.lan=interface\nsystem.@system[0]=system\n"
WIRELESS = "wireless.radio0=wifi-device\n"
BROKEN = "uci: Parse error (unterminated ') at line 4, byte 20\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"acme.acme=acme\n{BROKEN}{OURS}{WIRELESS}", id="in the middle"),
        pytest.param(f"{BROKEN}{OURS}{WIRELESS}", id="first of all"),
    ],
)
def test_a_file_of_uci_that_holds_nothing_of_ours_may_be_broken(text: str) -> None:
    seen = read(session("openwrt", grammar("openwrt").show_running, f"{text}# whole"), "x-1", grammar("openwrt"))
    assert "wireless.radio0=wifi-device" in seen.running.sections


def test_a_file_of_uci_that_is_ours_and_broken_is_not_taken_for_empty() -> None:
    text = f"{OURS}{BROKEN}# whole"
    with pytest.raises(Unreadable, match="cannot read /etc/config/wireless"):
        read(session("openwrt", grammar("openwrt").show_running, text), "x-1", grammar("openwrt"))


EXPORT = "# 2026-11-29 by RouterOS 7.18.2\n/interface bridge add name=bridge\n"


@pytest.mark.parametrize(
    ("lacks", "believed"),
    [
        pytest.param('#error exporting "/interface/wireless" (timeout)', False, id="a menu of ours, RouterOS 7"),
        pytest.param("#error exporting /interface wireless security-profiles", False, id="a menu of ours, RouterOS 6"),
        pytest.param('#error exporting "/system"', False, id="a menu with ours below it"),
        pytest.param("#interrupted", False, id="broken off"),
        pytest.param('#error exporting "/system/routerboard/mode-button"', True, id="a menu that is not ours"),
        pytest.param("#error exporting /ip socks", True, id="another one"),
        pytest.param("# poe-out status: short_circuit", True, id="a remark"),
    ],
)
def test_an_export_that_lacks_a_menu_of_ours_is_not_whole(lacks: str, *, believed: bool) -> None:
    known = grammar("routeros")
    shows = session("routeros", known.show_running, f"{EXPORT}{lacks}\n/system identity set name=x\n# whole")
    if believed:
        assert read(shows, "x-1", known).running.lines("/system identity") == {"name=x"}
        return
    with pytest.raises(Unreadable, match="could not export"):
        read(shows, "x-1", known)
