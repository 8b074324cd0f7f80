"""A play whose processes are all killed in the middle: its password lies nowhere, and is given to no other program."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from city.model.city import City
from tests.network.hostile import PASSWORD_VARIABLE, Hooks, listening

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PASSWORD = "zQ7{{ 6 * 7 }}{% raw %}\"'\\n #!unsafe: é"  # noqa: S105 - of a device that lives for one test
SECRET = PASSWORD[:3].encode()
PLAY = """
import json, sys
from pathlib import Path
from city.load import load
from network.transports.ansible import run_playbook
from tests.network.hostile import endpoint
root, (device, port, key), workspace = Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])
city, inventory = load(root / "cities" / "example"), {device: endpoint(device, port, key)}
run_playbook(root / "playbooks" / "baseline.yml", city, [city.device(device)], inventory, workspace=workspace)
"""


def descendants(process: int) -> set[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    children = {int(child) for path in found for child in _read(path).split()}
    return children | {other for child in children for other in descendants(child)}


def told(process: int) -> bytes:
    """What a process was started with: its arguments and its environment; nothing of one that is gone."""
    return b"\n".join(_read(Path(f"/proc/{process}/{name}")) for name in ("cmdline", "environ"))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("reached", ["show version", "write memory"])
def test_a_play_that_is_killed_leaves_its_password_nowhere(example_city: City, tmp_path: Path, reached: str) -> None:
    """It was let in, so the password came through as it is, whatever stands in it."""
    home, scratch, workspace = (tmp_path / name for name in ("home", "scratch", "workspace"))
    for folder in (home, scratch, workspace):
        folder.mkdir()
    with listening(example_city, "sw-west-01", Hooks(password=PASSWORD)) as (device, inventory):
        found = inventory["sw-west-01"]
        where = json.dumps([found.device, found.ssh_port, found.host_key])
        own = {"HOME": str(home), "TMPDIR": str(scratch), PASSWORD_VARIABLE: PASSWORD, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            [sys.executable, "-c", PLAY, str(ROOT), where, str(workspace)], env={**os.environ, **own}, cwd=ROOT
        ) as play:
            until = time.monotonic() + 120
            while reached not in device.log:
                assert play.poll() is None and time.monotonic() < until, device.log
                time.sleep(0.05)
            theirs = descendants(play.pid)
            given = [process for process in theirs if SECRET in told(process)]
            for process in (play.pid, *theirs):
                with suppress(ProcessLookupError):  # some of Ansible's end all the time
                    os.kill(process, signal.SIGKILL)
    assert theirs and not given, "no program of Ansible's is given the secret where others see it"
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any("hosts.yml" in file.name for file in kept), "it was killed in the middle"
    assert not [file for file in kept if SECRET in file.read_bytes()]
