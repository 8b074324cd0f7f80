"""A lock is lifted only where its holder is provably dead."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from city.errors import NeedsPerson, Refused
from city.model.city import City
from infra import seats
from infra.locks import locks, unlock
from infra.project import Project
from infra.seats import Seat
from infra.stacks import Stack, stacks


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)


def lock(project: Project, stack: Stack, pid: int, host: str, since: str = "2130-01-01T00:00:00Z") -> Path:
    folder = project.state / ".pulumi" / "locks" / "organization" / "asty" / stack.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pid}.json"
    path.write_text(json.dumps({"pid": pid, "username": "ict", "hostname": host, "timestamp": since}))
    path.with_name(f"{path.name}.attrs").write_text("{}")
    return path


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_the_dead_is_lifted(project: Project, stack: Stack, dead: int) -> None:
    path = lock(project, stack, dead, socket.gethostname())
    assert [found.pid for found in unlock(stack, project)] == [dead]
    assert list(path.parent.iterdir()) == []


def test_the_lock_of_the_living_is_respected(project: Project, stack: Stack, dead: int) -> None:
    lock(project, stack, dead, socket.gethostname())
    lock(project, stack, os.getpid(), socket.gethostname())
    with pytest.raises(Refused, match=f"process {os.getpid()}"):
        unlock(stack, project)
    assert len(locks(stack, project)) == 2, "none is lifted while one is held"


def test_the_lock_of_the_dead_is_lifted_though_another_process_has_its_number(project: Project, stack: Stack) -> None:
    since = "2024-02-29T13:00:00.123456789+02:00"
    lock(project, stack, os.getpid(), socket.gethostname(), since)
    assert [found.since for found in unlock(stack, project)] == [since]
    assert locks(stack, project) == ()


def test_the_lock_of_a_process_that_nobody_waited_for_is_lifted(project: Project, stack: Stack) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        lock(project, stack, process.pid, socket.gethostname())
        assert [found.pid for found in unlock(stack, project)] == [process.pid]


def test_a_pulumi_is_never_taken_for_another_process(project: Project, stack: Stack, tmp_path: Path) -> None:
    """The clock may have been set since it began, and then it seems to have begun after its lock."""
    program = tmp_path / "pulumi"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"])
    try:
        lock(project, stack, process.pid, socket.gethostname(), "2024-02-29T13:00:00Z")
        with pytest.raises(Refused, match=f"pulumi cancel --stack {stack.name}"):
            unlock(stack, project)
    finally:
        process.kill()
        process.wait()


def test_a_lock_from_elsewhere_asks_a_person(project: Project, stack: Stack, dead: int) -> None:
    lock(project, stack, dead, "another-host")
    with pytest.raises(NeedsPerson, match="pulumi cancel --stack lab-datacentre"):
        unlock(stack, project)


def test_another_stacks_lock_is_not_ours(project: Project, stack: Stack, example_city: City) -> None:
    lock(project, stacks(example_city)[1], os.getpid(), socket.gethostname())
    assert unlock(stack, project) == ()


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', '["pid"]'])
def test_a_torn_lock_asks_a_person(text: str, project: Project, stack: Stack) -> None:
    lock(project, stack, 1, socket.gethostname()).write_text(text)
    with pytest.raises(NeedsPerson, match=r"locks/organization/asty/lab-datacentre/1\.json"):
        unlock(stack, project)


def sit(project: Project, seat: Seat) -> None:
    """Leaves the note of somebody who opened the project from there."""
    folder = project.folder / "seats"
    folder.mkdir(exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(asdict(seat)))


def another_boot(seat: Seat) -> Seat:
    return replace(seat, boot="11111111-2222-3333-4444-555555555555", namespace="pid:[1]")


def another_machine(seat: Seat) -> Seat:
    return replace(another_boot(seat), machine="of another machine")


def another_host(seat: Seat) -> Seat:
    return replace(another_machine(seat), host="another-host")


def a_container(seat: Seat) -> Seat:
    """One beside ours, as a container sees it: neither sees the other's processes."""
    return replace(seat, namespace="pid:[4026532000]")


IN_A_CONTAINER = Seat(host=socket.gethostname(), machine="m", boot="b", namespace="pid:[4026531999]")


@pytest.fixture
def of_the_dead(project: Project, stack: Stack, dead: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock with the number of a process that is no more here, and may be one elsewhere."""
    monkeypatch.setattr(seats, "here", lambda: IN_A_CONTAINER)
    sit(project, IN_A_CONTAINER)
    return lock(project, stack, dead, socket.gethostname())


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(lambda seat: seat, id="nobody else"),
        pytest.param(another_boot, id="before this machine was started: all of that is dead"),
        pytest.param(another_host, id="a host of another name: the lock says ours"),
    ],
)
def test_whoever_is_seen_to_be_dead_holds_nothing(
    elsewhere: Callable[[Seat], Seat], of_the_dead: Path, project: Project, stack: Stack
) -> None:
    sit(project, elsewhere(IN_A_CONTAINER))
    assert unlock(stack, project)
    assert not of_the_dead.exists()


@pytest.mark.parametrize("elsewhere", [another_machine, a_container])
def test_whoever_may_live_out_of_sight_asks_a_person(
    elsewhere: Callable[[Seat], Seat], of_the_dead: Path, project: Project, stack: Stack
) -> None:
    """A clone of the machine, or a container beside ours: both have our host's name."""
    sit(project, elsewhere(IN_A_CONTAINER))
    with pytest.raises(NeedsPerson, match="1 other machines or containers of that name"):
        unlock(stack, project)
    assert of_the_dead.exists()


def test_from_the_machine_itself_a_container_is_seen_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = replace(seats.here(), namespace="pid:[4026531836]")
    gone, alive = (replace(ours, namespace=f"pid:[{number}]") for number in (1, 2))
    monkeypatch.setattr(seats, "_inhabited", lambda: {ours.namespace, alive.namespace})
    assert seats.out_of_sight([ours, gone, alive], ours) == (alive,)


def test_whoever_opens_a_project_leaves_one_note_of_it(tmp_path: Path) -> None:
    for _ in range(2):
        seats.note(tmp_path)
    assert seats.noted(tmp_path) == (seats.here(),)
    assert all(asdict(seats.here()).values()), "this machine says who it is"
    (tmp_path / "seats" / "torn.json").write_text("{")
    assert seats.noted(tmp_path) == (seats.here(),)
