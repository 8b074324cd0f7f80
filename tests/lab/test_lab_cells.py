"""Namespaces for daemons, on this machine really; under a mark that no lab of a test has."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from city.errors import Failed
from lab import cells

NAME = "acell-of-tests"
NAMED = Path("/run/netns")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _gone() -> Iterator[None]:
    cells.remove(NAME)
    yield
    cells.remove(NAME)
    assert cells.beginning(NAME) == []


def listed() -> bytes:
    return subprocess.run((*cells.within(NAME), cells.IP, "-o", "link"), capture_output=True, check=True).stdout


def test_a_namespace_is_there_with_its_loopback_up_however_often_it_is_asked_for() -> None:
    assert not cells.stands(NAME)
    for _ in range(2):
        cells.ensure(NAME)
    assert cells.stands(NAME) and b"LOOPBACK,UP" in listed()
    cells.remove(NAME)
    assert not cells.stands(NAME) and not (NAMED / NAME).exists()


def test_a_name_that_a_kill_left_behind_is_no_namespace_and_is_in_nobodys_way() -> None:
    NAMED.mkdir(exist_ok=True)
    (NAMED / NAME).touch()
    assert cells.beginning(NAME) == [NAME] and not cells.stands(NAME)
    cells.remove(NAME)
    assert cells.beginning(NAME) == []
    (NAMED / NAME).touch()
    cells.ensure(NAME)
    assert cells.stands(NAME) and b"LOOPBACK,UP" in listed()


def test_what_runs_in_a_namespace_ends_with_it_and_is_told_apart_from_what_runs_elsewhere() -> None:
    cells.ensure(NAME)
    with subprocess.Popen([*cells.within(NAME), "/bin/sleep", "1000"]) as inside:
        while not cells.holds(NAME, inside.pid):
            assert inside.poll() is None
        with subprocess.Popen(["/bin/sleep", "1000"]) as outside:
            assert not cells.holds(NAME, outside.pid)
            cells.remove(NAME)
            assert inside.wait(60) and outside.poll() is None
            outside.kill()


def test_what_cannot_be_made_is_one_error_with_the_programs_own_words() -> None:
    with pytest.raises(Failed, match="ip netns add a/b"):
        cells.add("a/b")
