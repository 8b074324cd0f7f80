from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.transports.terminal import Terminal


def shown(*packets: bytes) -> str:
    terminal = Terminal()
    for packet in packets:
        terminal.take(packet)
    return terminal.text


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        pytest.param(b"one\r\ntwo\r\r\nthree", "one\ntwo\nthree", id="lines"),
        pytest.param(b"\x1b[?2004hroot@ap:~# \x1b[1;31mred\x1b[0m", "root@ap:~# red", id="colours and modes"),
        pytest.param(b"\x1b]0;root@ap: ~\x07root@ap:~# ", "root@ap:~# ", id="the title of a window"),
        pytest.param(b"shwo\b\b\b\bshow", "show", id="overtyped"),
        pytest.param(b"--More-- \r         \rinterface", "interface", id="a pager that wipes its question"),
        pytest.param(b"[admin@rt] > \r\x1b[K[admin@rt] > ", "[admin@rt] > ", id="a prompt that is drawn twice"),
        pytest.param(b"a" * 80 + b" \r" + b"bc", "a" * 80 + "bc", id="folded at the margin"),
        pytest.param("Πλατεία\n".encode(), "Πλατεία\n", id="letters"),
        pytest.param(b"caf\xe9\r\n", "caf\udce9\n", id="a byte of another encoding is kept"),
        pytest.param(b"a\x07\x00b\tc", "ab\tc", id="bells and nulls; a tab is text"),
        pytest.param(b"\b\b\bx\x1b[9Dy", "y", id="no further left than the margin"),
    ],
)
def test_what_a_terminal_shows(sent: bytes, text: str) -> None:
    assert shown(sent) == text


@given(st.text("αβ\x1b[2K;\b\r\n 07hm#é"), st.lists(st.integers(0, 200)))
def test_where_packets_are_cut_means_nothing(text: str, cuts: list[int]) -> None:
    data = text.encode()
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    packets = [data[start:end] for start, end in pairwise(at)]
    assert shown(*packets) == shown(data)


def test_a_long_line_of_backspaces_is_one_step_each() -> None:
    """Counted, not timed: each character that came is put on the screen or taken off it once."""
    terminal, put = Terminal(), 0
    place = terminal._put

    def counted(piece: str) -> None:
        nonlocal put
        put += len(piece)
        place(piece)

    terminal._put = counted  # type: ignore[method-assign]  # to count
    terminal.take(b"x" * 60_000 + b"\b" * 60_000)
    assert put == 60_000 and terminal.text == "x" * 60_000 and terminal._column == 0
