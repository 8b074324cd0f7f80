"""Control groups of both versions: which files take what, and on this machine's own, what is in them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab.hosts.cgroup import INNER, OUTER, Groups
from lab.params import LabParams
from tests.waiting import until

NAME = f"asty-test-{os.getpid()}"
"""Of no lab, and of this run alone."""


@pytest.fixture
def version_1(tmp_path: Path) -> Groups:
    for hierarchy in ("systemd", "unified", "freezer", "memory", "pids", "net_cls"):
        (tmp_path / hierarchy).mkdir()
    return Groups(tmp_path)


@pytest.fixture
def version_2(tmp_path: Path) -> Groups:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    return Groups(tmp_path)


def test_version_1_has_a_file_in_the_hierarchy_of_each_limit(version_1: Groups) -> None:
    assert version_1.limits(NAME, 256) == (
        (version_1.root / "memory" / NAME / "memory.limit_in_bytes", 268_435_456),
        (version_1.root / "pids" / NAME / "pids.max", 4096),
    )


def test_version_2_has_every_limit_in_one_group(version_2: Groups) -> None:
    assert version_2.limits(NAME, 256) == (
        (version_2.root / NAME / "memory.max", 268_435_456),
        (version_2.root / NAME / "pids.max", 4096),
    )


def test_a_guest_joins_each_hierarchy_of_version_1_that_systemd_or_a_limit_needs(version_1: Groups) -> None:
    version_1.make(NAME, 64)
    joined = {file.relative_to(version_1.root).parts[0] for file in version_1.entrances(NAME, INNER)}
    assert joined == {"systemd", "unified", "freezer", "memory", "pids"}
    assert (version_1.root / "memory" / NAME / "memory.limit_in_bytes").read_text() == "67108864\n"


def test_version_2_gives_the_limits_controllers_to_its_groups(version_2: Groups) -> None:
    version_2.make(NAME, 64)
    assert (version_2.root / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert version_2.entrances(NAME, OUTER) == (version_2.root / NAME / "outer" / "cgroup.procs",)
    assert (version_2.root / NAME / "memory.max").read_text() == "67108864\n"


def test_a_group_that_is_not_there_holds_nobody_and_is_not_frozen(version_1: Groups) -> None:
    assert version_1.processes(NAME) == []
    assert version_1.starter(NAME) is None and version_1.first(NAME) is None
    version_1.freeze(NAME)
    assert not version_1.frozen(NAME)


def test_groups_of_other_labs_and_of_the_network_are_not_this_labs(version_1: Groups, params: LabParams) -> None:
    for name in ("a7a-1", "a7b-1", "a7an1"):
        (version_1.root / "freezer" / name).mkdir()
    assert version_1.marked(params) == {"a7a-1"}


@pytest.fixture(params=["of this machine", "unified"])
def real(request: pytest.FixtureRequest) -> Iterator[Groups]:
    """This machine's own, in the form that it has, and its hierarchy of version 2 alone, where that is beside it."""
    root = Path("/sys/fs/cgroup")
    beside = root / "unified"
    found = Groups(beside if request.param == "unified" and beside.is_dir() else root)
    yield found
    found.remove(NAME)


def _join(groups: Groups, part: str) -> "subprocess.Popen[bytes]":
    files = [str(file) for file in groups.entrances(NAME, part)]
    script = 'for file; do echo 0 >"$file"; done; exec sleep 600'
    child = subprocess.Popen(["/bin/sh", "-c", script, "sh", *files], start_new_session=True)
    deadline = time.monotonic() + 120
    while child.pid not in groups.processes(NAME) and time.monotonic() < deadline:
        time.sleep(0.005)
    return child


def test_who_joins_is_found_frozen_and_gone(real: Groups) -> None:
    for file in real.entrances(NAME, OUTER):
        file.parent.mkdir(parents=True, exist_ok=True)
    child = _join(real, OUTER)
    try:
        assert real.processes(NAME) == [child.pid]
        assert real.starter(NAME) == child.pid
        assert real.first(NAME) is None
        real.freeze(NAME)
        assert real.frozen(NAME)
        real.thaw(NAME)
        assert not real.frozen(NAME)
    finally:
        child.kill()
        child.wait()
    assert real.processes(NAME) == []
    real.remove(NAME)
    assert not any(file.parent.parent.exists() for file in real.entrances(NAME, OUTER))


def test_process_1_of_a_namespace_is_told_from_its_maker(real: Groups) -> None:
    for file in real.entrances(NAME, INNER):
        file.parent.mkdir(parents=True, exist_ok=True)
    files = [str(file) for file in real.entrances(NAME, INNER)]
    script = 'for file; do echo 0 >"$file"; done; exec unshare --pid --fork --kill-child sleep 600'
    child = subprocess.Popen(["/bin/sh", "-c", script, "sh", *files])
    try:
        deadline = time.monotonic() + 120
        while real.first(NAME) is None and time.monotonic() < deadline:
            time.sleep(0.005)
        first = real.first(NAME)
        assert first is not None and first != child.pid
        assert os.getpgid(first) == os.getpgid(child.pid)
    finally:
        for left in real.processes(NAME):  # process 1 does not end with its maker until it has told the kernel that
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        child.kill()
        child.wait()
        until(lambda: real.processes(NAME) == [])
