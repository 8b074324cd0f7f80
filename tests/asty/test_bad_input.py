"""What a city's data must not say of what runs in its clouds: `asty check` tells each with its line, and what to do."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from asty.__main__ import main
from city.errors import ExitCode
from tests.city.board import Board
from tests.city.conftest import board

__all__ = ["board"]
pytestmark = pytest.mark.slow

PORTAL = "  probe: {https: /readyz, expect: 200, within: 2s}\n  database: portal\n"
OPEN_DATA = "  recovery: pilot-light\n  probe: {https: /healthz, expect: 200, within: 2s}\n"
MONITORED = "  probe: {https: /healthz, expect: 200, within: 2s, port: 9090}\n"
BACKED = "  database: portal\n  backup: {to: recovery}\n"


@dataclass(frozen=True)
class Wrong:
    """What stood in a file and stands there now, and parts of what is told: at that line, or at the first with `at`."""

    file: str
    old: str
    new: str
    problem: str
    remedy: str
    at: str = ""
    before: tuple[str, str] | None = None
    """What else is changed first."""


BAD = {
    "an image whose bytes are not those declared": Wrong(
        "platform.yaml", "sha256: b4", "sha256: b5",
        "base: the digest of images/base.raw is b4f6076eeac1", "Put the right file there, or this digest here.",
    ),
    "an image that is no file": Wrong(
        "platform.yaml", "images/base.raw", "images/bare.raw", "is no file of the city's folder", "Write file:images/",
    ),
    "a role that does not exist": Wrong(
        "services.yaml", "    port: 443\n", "    roles: [webb]\n    port: 443\n",
        "portal: workload: roles names 'webb'", "Did you mean 'web'?",
    ),
    "a probe at a port that no flow opens": Wrong(
        "services.yaml", PORTAL, PORTAL.replace("https: /readyz", "tcp: 8443").replace(", expect: 200", ""),
        "no vantage point reaches portal at 8443/tcp by the flows", "Declare the flow, another port, or a vantage",
    ),
    "a probe that no vantage point's network may ask": Wrong(
        "services.yaml", 'network:management", port: 9090', 'network:iot", port: 9090',
        "no vantage point reaches monitoring at 9090/tcp", "Declare the flow", at="port: 9090}",
    ),
    "a database without a backup": Wrong(
        "services.yaml", BACKED, "  database: portal\n",
        "database portal has no backup", "Add backup, as in `backup: {to: recovery}`.", at="database: portal",
    ),
    "a backup without a target": Wrong(
        "services.yaml", BACKED, "  database: portal\n  backup: {every: 1h}\n", "to is missing", "Add to",
    ),
    "a backup that burns with its data": Wrong(
        "services.yaml", BACKED, "  database: portal\n  backup: {to: datacentre}\n",
        "the copy is lost with the data", "Write `to: recovery`.",
    ),
    "a volume attached twice": Wrong(
        "services.yaml", "    volume: 1 GB\n", "    volume: 1 GB\n    volume: 2 GB\n",
        "'volume' is given twice", "",
    ),
    "a database that two services have, and its volume": Wrong(
        "services.yaml", "  database: identity\n", "  database: portal\n", "database portal is taken already", "Choose",
    ),
    "two services whose hosts have one address": Wrong(
        "services.yaml", "    dns_name: login\n", "    slot: 0\n    dns_name: login\n",
        "slot 0 of the application networks is that of portal", "Declare `slot: 1`, or none.",
        before=("    dns_name: www\n", "    slot: 0\n    dns_name: www\n"),
    ),
    "a device with the address of a host": Wrong(
        "switches.csv", "10.1.3.11", "10.1.3.138", "address 10.1.3.138 is that of monitoring already", "Choose another",
    ),
    "two devices with one address": Wrong(
        "access_points.csv", "10.10.0.101", "10.10.0.100", "address 10.10.0.100 is taken already", "Choose another.",
    ),
    "a device with an address that the cloud gives away": Wrong(
        "switches.csv", "10.1.3.11", "10.1.3.200",
        "address 10.1.3.200 is in 10.1.3.192/26, from which the cloud gives", "Choose one below 10.1.3.192.",
    ),
    "two hosts with one name": Wrong(
        "services.yaml", "\nopen-data:\n", "\nportal-db:\n",
        "portal-db: that is the name of the host of the database of portal", "Give this service another id.",
    ),
    "two services with one name in the zone": Wrong(
        "services.yaml", "dns_name: login", "dns_name: www", "dns_name www is taken already", "Choose another.",
    ),
    "a probe of another service's name": Wrong(
        "services.yaml", OPEN_DATA, OPEN_DATA.replace("{", "{host: login.example.test, "),
        "open-data: probe: login.example.test is the name of identity", "Let identity have this probe.",
    ),
    "a probe of another service's address": Wrong(
        "services.yaml", MONITORED, MONITORED.replace("{", "{host: 10.1.4.32, "),
        "monitoring: probe: 10.1.4.32 is an address of iot-platform", "Let iot-platform have this probe.",
    ),
    "a probe that opens the database of a service that is not needed": Wrong(
        "services.yaml", OPEN_DATA,
        "  recovery: pilot-light\n  probe: {postgresql: portal, port: 443, user: portal}\n",
        "it opens database portal of portal, on which open-data does not depend", "Add portal to depends_on",
    ),
}  # fmt: skip


def checked(folder: Path, home: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the document of `asty check --json`."""
    environment = {"ASTY_CITY": str(folder), "XDG_STATE_HOME": str(home)}
    done = CliRunner().invoke(main, ["check", "--json"], prog_name="asty", env=environment)
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("wrong", list(BAD))
def test_it_is_told_with_its_line_and_its_remedy_before_anything_starts(
    board: Board, tmp_path: Path, wrong: str
) -> None:
    bad = BAD[wrong]
    if bad.before:
        board.plant(bad.file, *bad.before)
    planted = board.plant(bad.file, bad.old, bad.new)
    lines = (board.folder / bad.file).read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines, 1) if bad.at in line) if bad.at else planted[1]
    code, said = checked(board.folder, tmp_path / "state")
    assert code == ExitCode.INVALID
    told = [one for one in said["error"]["defects"] if bad.problem in one["problem"]]
    assert [(Path(one["file"]).name, one["line"]) for one in told] == [(bad.file, at)], said["error"]["defects"]
    assert bad.remedy in told[0]["remedy"] and told[0]["remedy"]
    assert not (tmp_path / "state").exists(), "to check is to read"


def test_without_any_of_it_the_city_is_right(board: Board, tmp_path: Path) -> None:
    assert checked(board.folder, tmp_path / "state")[0] == ExitCode.DONE
