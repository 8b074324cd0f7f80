"""Whatever command of `openstack` a manual, a remedy or a step sends a person to is one that `asty env` brings."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOLD = re.compile(r"`openstack (?:--os-cloud \S+ )?((?:[a-z]+ ?)+)")
"""Its words, and whatever argument of small letters comes behind them."""
ROOMS = ("asty", "city", "docs", "drs", "infra", "monitoring", "network")


def told(text: str) -> set[str]:
    """Lines of prose are joined, and so are the parts of one string of Python. A line of its own is told as well."""
    marked = text.replace("\n    openstack", "\n`openstack")
    whole = re.sub(r"\s+", " ", re.sub(r'"\n\s*f?"', "", marked))
    return {found.strip() for found in TOLD.findall(whole)}


def known() -> set[str]:
    points = (point for one in distributions() for point in one.entry_points)
    return {point.name.replace("_", " ") for point in points if point.group.startswith("openstack.")}


def test_every_command_that_somebody_is_sent_to_is_there() -> None:
    rooms = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*")) if file.suffix in {".py", ".md"}]
    files = [ROOT / "README.md", *rooms]
    commands, brought = set[str]().union(*(told(file.read_text(encoding="utf-8")) for file in files)), known()
    assert {"recordset set", "server stop"} <= commands, "nobody reads what is told"
    for command in commands:
        words = command.split()
        whole = any(" ".join(words[:count]) in brought for count in range(1, len(words) + 1))
        assert whole or any(name.startswith(f"{command} ") for name in brought), command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Run `openstack server\nstart shop-1`.", {"server start shop"}),
        ('"Run `openstack --os-cloud recovery console log"\n        f" show {name}`."', {"console log show"}),
        ("So:\n\n    openstack volume list\n", {"volume list"}),
        ("from openstack import connection", set()),
    ],
)
def test_a_command_is_read_over_the_end_of_a_line(text: str, words: set[str]) -> None:
    assert told(text) == words
