"""One change of a workspace at a time: the second says who holds it, and the dead hold nothing."""

import os
import signal
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty.one_at_a_time import one_at_a_time
from asty.workspace import Workspace
from city.errors import Refused


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(
        name="lab",
        home=tmp_path,
        caches=tmp_path,
        city_folder=tmp_path,
        project=tmp_path,
        base_port=15_000,
        base_address=IPv4Address("127.64.0.0"),
    )


def test_the_second_of_two_is_told_who_came_first(workspace: Workspace) -> None:
    with (
        one_at_a_time(workspace, "up"),
        pytest.raises(Refused, match=rf"`asty up`, process {os.getpid()}, since 2"),
        one_at_a_time(workspace, "apply"),
    ):
        pytest.fail("two at once")
    with one_at_a_time(workspace, "apply"):
        assert (workspace.home / "changed.lock").stat().st_mode & 0o777 == 0o600


def test_a_holder_that_did_not_say_who_it_is_holds_all_the_same(workspace: Workspace) -> None:
    with one_at_a_time(workspace, "up"):
        (workspace.home / "changed.lock").write_text("")
        with pytest.raises(Refused, match="another process"), one_at_a_time(workspace, "apply"):
            pytest.fail("two at once")


def test_to_observe_and_to_change_hold_each_their_own(workspace: Workspace) -> None:
    with (
        one_at_a_time(workspace, "poll", being="observed"),
        one_at_a_time(workspace, "up"),
        pytest.raises(Refused, match=r"being observed by `asty poll`"),
        one_at_a_time(workspace, "poll", being="observed"),
    ):
        pytest.fail("two at once")


def test_one_that_was_killed_holds_nothing(workspace: Workspace) -> None:
    hold = f"""
import sys, time
from pathlib import Path
from types import SimpleNamespace
from asty.one_at_a_time import one_at_a_time
with one_at_a_time(SimpleNamespace(name="lab", home=Path({str(workspace.home)!r})), "up"):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with pytest.raises(Refused, match=f"process {process.pid}"), one_at_a_time(workspace, "apply"):
            pytest.fail("two at once")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with one_at_a_time(workspace, "apply"):
        pass
