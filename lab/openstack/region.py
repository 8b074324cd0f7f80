"""One region's life: started, waited for, stopped, and broken on purpose."""

import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException
from pathlib import Path

from city.errors import Failed, InvalidInput
from lab import daemon
from lab.openstack import database, processes
from lab.openstack.spec import RegionSpec
from lab.params import CONTROL
from lab.system import Report

MARIADB = "mariadb"
PATIENCE_S = 240.0
"""For a service to answer at its start, on a busy machine of two cores."""
_STOP_S = 5.0
_PORT_S = 5.0
_DATABASE_STOP_S = 30.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: loopback is ours."""


def start(spec: RegionSpec, environment: Path, report: Report, names: Iterable[str] = tuple(processes.NAMES)) -> None:
    """Start these services, and the database before them; those that run stay. Raises Failed where one keeps silent."""
    begun = time.monotonic()
    wanted = [name for name in names if daemon.find(spec.pid_file(name)) is None]
    _check_ports(spec, wanted)
    start_database(spec)
    for name in wanted:
        daemon.start(processes.service(spec, environment, name))
    for name in wait_for(spec, wanted):
        report(f"region {spec.name}: {name} up ({time.monotonic() - begun:.1f} s)")


def start_database(spec: RegionSpec) -> None:
    if daemon.find(spec.pid_file(MARIADB)) is None:
        spec.socket.unlink(missing_ok=True)
        daemon.start(database.server(spec, processes.user()))
    _until(lambda: database.answers(spec), spec, MARIADB)


def wait_for(spec: RegionSpec, names: Iterable[str]) -> Iterable[str]:
    """Yields each of these services as it answers. Raises Failed where one ends or keeps silent."""
    left = list(names)
    deadline = time.monotonic() + PATIENCE_S
    while left:
        for name in [name for name in left if http_answers(spec, name)]:
            left.remove(name)
            yield name
        for name in left:
            _still_there(spec, name, deadline)
        if left:
            time.sleep(daemon.POLL_S)


def http_answers(spec: RegionSpec, name: str) -> bool:
    """Whether a service answers HTTP at all; that it works is for `health` to see."""
    try:
        _DIRECT.open(f"{spec.url(processes.NAMES[name])}/", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code < 500  # noqa: PLR2004 - RFC 9110: from 500 on the server is at fault
    except (OSError, HTTPException):
        # Where nobody listens yet on a port that the system also gives to clients, one may reach itself.
        return False
    return True


def _until(condition: Callable[[], bool], spec: RegionSpec, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        _still_there(spec, name, deadline)
        time.sleep(daemon.POLL_S)


def _still_there(spec: RegionSpec, name: str, deadline: float) -> None:
    thing, remedy = f"region {spec.name}: {name}", f"Read {spec.logs / name}.log and .out."
    if daemon.find(spec.pid_file(name)) is None:
        raise Failed(thing, "it ended while starting", remedy)
    if time.monotonic() > deadline:
        raise Failed(thing, f"no answer in {PATIENCE_S:.0f} s", remedy)


def _check_ports(spec: RegionSpec, names: Iterable[str]) -> None:
    """Raises Failed for a port that stays taken: whoever was just killed may hold one until its last thread is gone."""
    deadline = time.monotonic() + _PORT_S
    for name in names:
        port = spec.port(processes.NAMES[name])
        while error := _in_the_way(port):
            if time.monotonic() > deadline:
                raise Failed(
                    f"region {spec.name}: {name}",
                    f"port {port} is taken by another program ({error.strerror})",
                    "End that program, or give the lab another base port.",
                )
            time.sleep(daemon.POLL_S)


def _in_the_way(port: int) -> OSError | None:
    """Why nobody can listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((str(CONTROL), port))
        except OSError as error:
            return error
    return None


def stop(spec: RegionSpec, names: Iterable[str] = tuple(processes.NAMES)) -> None:
    """End these services in order; the database only with all of them."""
    wanted = list(names)
    daemon.stop([spec.pid_file(name) for name in wanted], _STOP_S)
    if set(wanted) == set(processes.NAMES):
        daemon.stop([spec.pid_file(MARIADB)], _DATABASE_STOP_S)


def cut_off(spec: RegionSpec) -> None:
    """The region loses its power: no process gets to say goodbye."""
    daemon.kill(spec.pid_file(name) for name in (*processes.NAMES, MARIADB))


def wipe(spec: RegionSpec) -> None:
    """Stop it and remove its state and logs."""
    stop(spec)
    shutil.rmtree(spec.folder, ignore_errors=True)
    shutil.rmtree(spec.logs, ignore_errors=True)


def service_named(name: str) -> str:
    """`name` if a region has such a service. Raises InvalidInput."""
    if name not in processes.NAMES:
        raise InvalidInput(
            f"service {name}", "a region has no such service", f"Name one of {', '.join(processes.NAMES)}."
        )
    return name


def in_parallel(jobs: Iterable[Callable[[], None]]) -> None:
    """Run jobs side by side; once all have ended, the first error of any is raised."""
    errors: list[BaseException] = []

    def attempt(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=attempt, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
