"""Three lines and a save on many emulated access points: by our push with all its guards, and by its peers.

Each function works on the first `count` access points of the running fleet (tests.bench.fleet), `at_once`
of them at a time, and returns (wall seconds, CPU seconds of this process and its children, devices done).
Ours plans and pushes: looked at twice, backed up, timer armed, read back over a new session, confirmed,
saved, journalled. The peers type the lines and save. Each fails unless every device says that it was done.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from netmiko import ConnectHandler

from city.clock import SystemClock
from city.inventory import Endpoint, Inventory
from city.model.city import City
from city.model.wireless import AccessPoint
from city.outcome import Outcome, Status
from city.secrets import resolve
from network.journal import Journal
from network.limits import Limits
from network.push import plan, push
from network.transports.netmiko import NetmikoTransport
from tests.bench import fleet

Measured = tuple[float, float, int]


class Work(NamedTuple):
    city: City
    points: Sequence[AccessPoint]
    inventory: Inventory
    limits: Limits


def ours(count: str, at_once: str) -> Measured:
    """Make `count` devices as the city says, unmeasured; then change three lines of each."""
    work = _work(count, at_once)
    with _journal() as journal:
        _as_declared(work, journal)
        began = _now()
        _with_other_lines(work, journal)
        return _measured(began, len(work.points))


def ours_from_the_start(count: str, at_once: str) -> Measured:
    """The same by a process that is measured from its start: its imports and the reading of the city count, too."""
    with _journal() as journal:
        _as_declared(_work(count, at_once), journal)
    began = _now()
    subprocess.run([sys.executable, "-m", "tests.bench.push", count, at_once], cwd=fleet.REPOSITORY, check=True)
    return _measured(began, int(count))


def netmiko(count: str, at_once: str) -> Measured:
    """Netmiko as its documentation shows it, in threads: no look, no guard, no reading back."""
    inventory, lines = _work(count, at_once).inventory, _lines()
    began = _now()
    with ThreadPoolExecutor(int(at_once)) as pool:
        done = [*pool.map(lambda endpoint: _by_netmiko(endpoint, lines), inventory.values())]
    measured = _measured(began, len(done))
    assert all(done), "every device took the lines and saved them"
    return measured


def ansible(count: str, at_once: str) -> Measured:
    """ansible-playbook with cisco.ios.ios_config, a fork for each device that is at work at a time."""
    inventory = _work(count, at_once).inventory
    with tempfile.TemporaryDirectory() as folder:
        hosts, play = _play(Path(folder), inventory)
        playbook = Path(sys.executable).with_name("ansible-playbook")
        began = _now()
        done = subprocess.run(
            [str(playbook), "-i", str(hosts), "-f", at_once, str(play)],
            env=_environment(Path(folder)),
            capture_output=True,
            text=True,
            check=True,
        )
        measured = _measured(began, len(inventory))
    assert sum(" changed=1 " in line for line in done.stdout.splitlines()) == len(inventory), done.stdout
    return measured


def _work(count: str, at_once: str) -> Work:
    city = fleet.city()
    every = fleet.inventory(city)
    points = [point for point in city.access_points if point.platform == "street-ap"][: int(count)]
    assert len(points) == int(count)
    return Work(city, points, {point.id: every[point.id] for point in points}, Limits(workers=int(at_once)))


def _as_declared(work: Work, journal: Journal) -> None:
    told = _push(work.city, work, journal)
    assert {outcome.status for outcome in told} <= {Status.OK, Status.CHANGED}, told


def _with_other_lines(work: Work, journal: Journal) -> None:
    other = replace(work.city, syslog_server="10.255.0.1", ntp_servers=("10.255.0.2", "10.255.0.3"))
    told = _push(other, work, journal)
    assert [outcome.status for outcome in told] == [Status.CHANGED] * len(work.points), told


def _push(city: City, work: Work, journal: Journal) -> tuple[Outcome, ...]:
    transport = NetmikoTransport()
    planned = plan(city, work.points, work.inventory, transport=transport, limits=work.limits)
    return push(planned, work.inventory, transport=transport, journal=journal, limits=work.limits)


@contextmanager
def _journal() -> Iterator[Journal]:
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite", SystemClock()) as journal:
        yield journal


def _lines() -> list[str]:
    """Others at each run, so that there is always something to change."""
    run = int(time.time()) % 250
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


if __name__ == "__main__":
    with _journal() as made:
        _with_other_lines(_work(*sys.argv[1:]), made)
