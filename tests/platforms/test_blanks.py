"""Blanks of a command line, and a network's name that has two of them in a row."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.load import load
from city.model.city import City
from lab.fleet.dialects import grammar as box
from platforms.grammar.blanks import quoted, squeezed
from platforms.registry import intended, platforms

EXAMPLE = load(Path(__file__).parents[2] / "cities" / "example")
NAMES = st.text("ABab09._+-  ", min_size=1, max_size=32).map(str.strip).filter(bool)
TYPED = st.text(alphabet=' "ab', max_size=12)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  ssid   FREE  WIFI ", "ssid FREE WIFI"),
        ('ssid "FREE  WIFI"', 'ssid "FREE  WIFI"'),
        ('a  "b  c"   d  "e  ', 'a "b  c" d "e'),
        ('""', '""'),
        ("", ""),
    ],
)
def test_blanks_between_quotes_are_meant(line: str, expected: str) -> None:
    assert squeezed(line) == expected


@given(TYPED)
def test_the_box_takes_blanks_as_we_do(line: str) -> None:
    """Two hands wrote the two rules."""
    assert box.squeezed(line) == squeezed(line)
    assert squeezed(squeezed(line)) == squeezed(line)


@given(NAMES)
def test_a_quoted_name_comes_through_a_command_line_whole(name: str) -> None:
    assert box.unquoted(box.squeezed(f"ssid  {quoted(name)} ").removeprefix("ssid ")) == name


def renamed(name: str) -> City:
    return replace(EXAMPLE, ssids=tuple(replace(ssid, name=f"{name}{n}") for n, ssid in enumerate(EXAMPLE.ssids)))


@given(NAMES.filter(lambda name: len(name) < 32))
def test_every_platform_writes_a_network_s_name_so_that_it_is_read_back(name: str) -> None:
    for device in EXAMPLE.access_points:
        grammar = platforms()[device.platform].grammar
        assert grammar
        wanted = intended(renamed(name), device)
        assert grammar.parse(grammar.render(wanted)) == wanted
        other = intended(renamed(name.replace(" ", "  ", 1)), device)
        assert (other == wanted) == (" " not in name), "one blank more is another name"
