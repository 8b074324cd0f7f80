"""`make bench`: all that is measured, in one run, into docs/benchmarks.md.

`python -m tests.bench PART...` measures these parts alone, and leaves the others as they stand on the page.
"""

import argparse
import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import crowd, databases, drills, failover, fleet, living, poll, probes, scale
from tests.bench.pairs import Pair, Row, measure, table

PAGE = fleet.REPOSITORY / "docs" / "benchmarks.md"
PACKAGES = ("pysnmp", "netmiko", "ansible-core", "ansible-runner", "asyncssh", "uvloop")
PAIRS = (
    Pair(
        name="SNMPv3/v2c poll of 400 access points, all values",
        unit="device",
        ours="tests.bench.poll:ours",
        peer="tests.bench.poll:pysnmp",
        peer_name="pysnmp's own API (v3arch, asyncio) in the same loop, uvloop",
        at_once=poll.AT_ONCE,
        clock="the reading of every value of all devices, ours ten times over, by a process that read each device once"
        " before: it knows the keys and how many rows to ask for. Both give the same values in the same form.",
        arguments=("400", "1"),
        ours_scale=("400", "10"),
    ),
    Pair(
        name="push of three lines to 20 access points, verified and saved",
        unit="device",
        ours="tests.bench.push:ours_from_the_start",
        peer="tests.bench.push:ansible",
        peer_name="ansible-playbook with cisco.ios.ios_config",
        at_once=20,
        clock="a process from its start to its end: imports and the reading of the city or the inventory included."
        " Ours compares, backs up, arms the device's timer, reads back, confirms, saves and journals; Ansible compares"
        " and saves, and the CPU of its processes that hold the connections is left out, as they outlive it.",
        arguments=("20", "20"),
    ),
    Pair(
        name="push of three lines to 100 access points, verified and saved",
        unit="device",
        ours="tests.bench.push:ours",
        peer="tests.bench.push:netmiko",
        peer_name="Netmiko in threads, without backup, timer, read-back or journal",
        at_once=32,
        clock="the work on the devices, in a process that has begun; ours from comparing to journalling, Netmiko from"
        " connecting to saving.",
        arguments=("100", "32"),
    ),
)
ABOUT = """# Benchmarks

Written by `make bench`. Ours and the peer's run in turn, each in a process of its own; a ratio is ours over the
peer's per unit of work, pair by pair: median (least to most). Below 1 we are cheaper. CPU seconds are those of the
measuring process and its children, without the devices', which work on the same machine; peak MB are those of the
largest process of a side. A run in which not all was done is no figure.

"""
CROWD = """## A poller's cycles over many devices

The devices are one process beside the poller: a fifth are switches of 24 ports, the others access points, all over
SNMPv2c, each answer 30 ms late. A dark device never answers. CPU seconds are the poller's; the first cycle knows
nothing of the devices yet. Every healthy device is to be seen in every cycle, and a cycle is to take less than 40 s.
At commit 5713d67 of 2026-11-26 the third cycle took 9.9 s and 1.8 CPU s with all healthy, of which 90.14% were seen;
with half of them dark 63.0 s and 2.4 CPU s, and 80.00% of the healthy were seen."""


def _circumstances() -> list[str]:
    system = f"{platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    return [
        f"Machine: {os.cpu_count()} cores, {system}. Date: {datetime.now(UTC):%Y-%m-%d}.",
        f"Versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}.",
    ]


MACHINE = "## The machine"
PARTS: Mapping[str, tuple[str, Callable[[], Iterable[str]]]] = {
    "crowd": (CROWD, crowd.table),
    "scale": (scale.ABOUT, scale.table),
    "probes": (probes.ABOUT, probes.table),
    "databases": (databases.ABOUT, databases.table),
    "drills": (drills.ABOUT, drills.table),
    "failover": (failover.ABOUT, failover.table),
    "living": (living.ABOUT, living.table),
    "machine": (MACHINE, _circumstances),
}
"""Each has a heading of its own on the page, below the pairs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all, and the pairs")
    parser.add_argument("--pairs", type=int, default=5, help="how often each pair is run")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    page = PAGE.read_text(encoding="utf-8") if chosen.parts else _of_pairs(chosen.pairs)
    for name in chosen.parts or PARTS:
        about, table = PARTS[name]
        page = written("\n".join([about, "", *table(), "", ""]), page)
        PAGE.write_text(f"{page.rstrip()}\n", encoding="utf-8")


def _of_pairs(count: int) -> str:
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as root:
        os.environ[fleet.ROOT] = str(Path(root) / "lab")
        with fleet.running():
            rows = [_told(measure(pair, count)) for pair in PAIRS]
    return ABOUT + "\n".join([*table(rows), "", ""])


def written(part: str, page: str) -> str:
    """The page with this part in the place of that with the same heading; at its end, where it had none."""
    parts = re.split(r"(?m)^(?=## )", page)
    heading = part.partition("\n")[0]
    if heading not in {old.partition("\n")[0] for old in parts}:
        at = len(parts) - (parts[-1].startswith(MACHINE))
        parts.insert(at, part)
    return "".join(part if old.partition("\n")[0] == heading else old for old in parts)


def _told(row: Row) -> Row:
    print(f"{row.pair.name}: CPU ratio {row.cpu_ratio}, wall ratio {row.wall_ratio}")  # noqa: T201 - its output
    return row


if __name__ == "__main__":
    main()
