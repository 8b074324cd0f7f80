"""Three lines and a save on many emulated access points: by our push with all its guards, and by its peers.

Each function works on the first `count` access points of the running fleet (tests.bench.fleet) and
returns (wall seconds, CPU seconds of this process and its children, devices done). Ours plans and
pushes: looked at twice, backed up, timer armed, read back over a new session, confirmed, saved,
journalled. The peers type the lines and save.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from netmiko import ConnectHandler

from city.clock import SystemClock
from city.inventory import Endpoint, Inventory
from city.model.city import City
from city.model.wireless import AccessPoint
from city.outcome import Status
from city.secrets import resolve
from network.journal import Journal
from network.limits import Limits
from network.push import plan, push
from network.transports.netmiko import NetmikoTransport
from tests.bench import fleet

WORKERS = 32
LIMITS = Limits(workers=WORKERS)
Measured = tuple[float, float, int]


def ours(count: str) -> Measured:
    """Make `count` devices as the city says, unmeasured; then change three lines of each."""
    city = fleet.city()
    points, inventory = _points(city, int(count))
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite", SystemClock()) as journal:
        _push(city, points, inventory, journal)
        new_lines = replace(city, syslog_server="10.255.0.1", ntp_servers=("10.255.0.2", "10.255.0.3"))
        began = _now()
        done = _push(new_lines, points, inventory, journal)
        return _measured(began, done)


def netmiko(count: str) -> Measured:
    """Netmiko as its documentation shows it, in as many threads: no look, no guard, no reading back."""
    _, inventory = _points(fleet.city(), int(count))
    lines = _lines()
    began = _now()
    with ThreadPoolExecutor(WORKERS) as pool:
        done = sum(pool.map(lambda endpoint: _by_netmiko(endpoint, lines), inventory.values()))
    return _measured(began, done)


def ansible(count: str) -> Measured:
    """ansible-playbook with cisco.ios.ios_config, as many forks as there are devices, up to 20."""
    _, inventory = _points(fleet.city(), int(count))
    with tempfile.TemporaryDirectory() as folder:
        hosts, play = _play(Path(folder), inventory)
        playbook = Path(sys.executable).with_name("ansible-playbook")
        began = _now()
        done = subprocess.run(
            [str(playbook), "-i", str(hosts), "-f", str(min(20, len(inventory))), str(play)],
            env=_environment(Path(folder)),
            capture_output=True,
            text=True,
            check=True,
        )
        return _measured(began, sum("changed=1" in line for line in done.stdout.splitlines()))


def _push(city: City, points: Sequence[AccessPoint], inventory: Inventory, journal: Journal) -> int:
    transport = NetmikoTransport()
    planned = plan(city, points, inventory, transport=transport, limits=LIMITS)
    told = push(planned, inventory, transport=transport, journal=journal, limits=LIMITS)
    return sum(outcome.status is Status.CHANGED for outcome in told)


def _points(city: City, count: int) -> tuple[list[AccessPoint], Inventory]:
    every = fleet.inventory(city)
    points = [point for point in city.access_points if point.platform == "street-ap"][:count]
    return points, {point.id: every[point.id] for point in points}


def _lines() -> list[str]:
    """Others at each run, so that there is always something to change."""
    run = time.time_ns() // 1000 % 250
    return [f"ntp server 10.254.{run}.2", f"ntp server 10.254.{run}.3", f"logging host 10.254.{run}.1"]


def _by_netmiko(endpoint: Endpoint, lines: Sequence[str]) -> bool:
    connection = ConnectHandler(
        device_type="cisco_ios",
        host=str(endpoint.address),
        port=endpoint.ssh_port,
        username=endpoint.user,
        password=resolve(endpoint.password).reveal(),
        fast_cli=True,
    )
    answer = connection.send_config_set(lines)
    saved = connection.save_config()
    connection.disconnect()
    return "[OK]" in saved and "Invalid" not in answer


def _play(folder: Path, inventory: Inventory) -> tuple[Path, Path]:
    one = next(iter(inventory.values()))
    common = {
        "ansible_user": one.user,
        "ansible_password": resolve(one.password).reveal(),
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_python_interpreter": sys.executable,
    }
    hosts = {d: {"ansible_host": str(e.address), "ansible_port": e.ssh_port} for d, e in inventory.items()}
    task = {"cisco.ios.ios_config": {"lines": _lines(), "save_when": "modified"}}
    files = folder / "hosts.json", folder / "play.json"
    files[0].touch(mode=0o600)
    files[0].write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}), encoding="utf-8")
    files[1].write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
    return files


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_NETWORK_CLI_SSH_TYPE": "paramiko",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_NOCOLOR": "True",
    }


def _now() -> tuple[float, float]:
    ours, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), ours.ru_utime + ours.ru_stime + children.ru_utime + children.ru_stime


def _measured(began: tuple[float, float], done: int) -> Measured:
    now = _now()
    return now[0] - began[0], now[1] - began[1], done
