"""`make bench`: every pair in one run, into docs/benchmarks.md."""

import argparse
import os
import platform
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import fleet
from tests.bench.pairs import Pair, Row, measure, table

PAGE = fleet.REPOSITORY / "docs" / "benchmarks.md"
PACKAGES = ("pysnmp", "netmiko", "ansible-core", "ansible-runner", "asyncssh", "uvloop")
PAIRS = (
    Pair(
        name="SNMPv3/v2c poll of an access point, all values",
        unit="device",
        ours="tests.bench.poll:ours",
        peer="tests.bench.poll:pysnmp",
        peer_name="pysnmp's own API (v3arch, asyncio)",
        arguments=("40", "2"),
        ours_scale=("400", "10"),
    ),
    Pair(
        name="push of a changed line, verified and saved",
        unit="device",
        ours="tests.bench.push:ours",
        peer="tests.bench.push:ansible",
        peer_name="ansible-playbook with cisco.ios.ios_config",
        arguments=("4",),
        ours_scale=("100",),
    ),
    Pair(
        name="the same",
        unit="device",
        ours="tests.bench.push:ours",
        peer="tests.bench.push:netmiko",
        peer_name="Netmiko in threads, without backup, timer, read-back or journal",
        arguments=("100",),
    ),
)
ABOUT = """# Benchmarks

Written by `make bench`. Ours and the peer's run in turn, each in a process of its own; a ratio is ours over the
peer's per unit of work, pair by pair: median (least to most). Below 1 we are cheaper. CPU seconds are those of the
measuring process and its children, without the devices'.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often each pair is run")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as root:
        os.environ[fleet.ROOT] = str(Path(root) / "lab")
        with fleet.running():
            rows = [_told(measure(pair, chosen.pairs)) for pair in PAIRS]
    PAGE.write_text("\n".join([ABOUT + "\n".join(table(rows)), "", *_circumstances(), ""]), encoding="utf-8")


def _told(row: Row) -> Row:
    print(f"{row.pair.name}: CPU ratio {row.cpu_ratio}, wall ratio {row.wall_ratio}")  # noqa: T201 - its output
    return row


def _circumstances() -> list[str]:
    system = f"{platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    return [
        f"Machine: {os.cpu_count()} cores, {system}. Date: {datetime.now(UTC):%Y-%m-%d}.",
        f"Versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}.",
    ]


if __name__ == "__main__":
    main()
