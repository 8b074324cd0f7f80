"""The baseline play against a device that behaves as no lab's does, and what is said of a play that did not end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome, Status
from network.transports import ansible
from network.transports.handover import handed_over, private_folder
from network.transports.play import Play
from tests.network.hostile import PASSWORD, PASSWORD_VARIABLE, Hooks, listening

BASELINE = Path(__file__).parents[2] / "playbooks" / "baseline.yml"
BRACED = "{{ 7 * 7 }}{% raw %}\"'$HOME é"
NO_SPACE = "Building configuration...\nnv_done: unable to open flash:/config.text.new: no space left"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


def played(city: City, inventory: Inventory, workspace: Path, *, check: bool = False) -> Outcome:
    devices = [city.device(device_id) for device_id in inventory]
    (told,) = ansible.run_playbook(BASELINE, city, devices, inventory, workspace=workspace, check=check)
    return told


@pytest.mark.slow
def test_changed_is_said_where_the_device_starts_so_too(example_city: City, tmp_path: Path) -> None:
    with listening(example_city, "sw-west-01") as (device, inventory):
        assert played(example_city, inventory, tmp_path, check=True).status is Status.CHANGED
        assert "ntp server 10.1.3.8" not in device.shown(), "check mode changes nothing"
        assert played(example_city, inventory, tmp_path).status is Status.CHANGED
        assert "ntp server 10.1.3.8" in device.saved()
        assert played(example_city, inventory, tmp_path).status is Status.OK


@pytest.mark.slow
@pytest.mark.parametrize(
    "hooks",
    [
        pytest.param(Hooks(instead=lambda line: NO_SPACE if line == "write memory" else None), id="it says so"),
        pytest.param(Hooks(instead=lambda line: "[OK]" if line == "write memory" else None), id="it says otherwise"),
    ],
)
def test_a_device_that_did_not_save_is_not_called_changed(example_city: City, tmp_path: Path, hooks: Hooks) -> None:
    with listening(example_city, "sw-west-01", hooks) as (device, inventory):
        told = played(example_city, inventory, tmp_path)
        assert "ntp server 10.1.3.8" not in device.saved()
    assert told.status is Status.FAILED and "starts with" in told.reason


@pytest.mark.slow
def test_a_password_with_braces_arrives_as_it_is(
    example_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, BRACED)
    with listening(example_city, "sw-west-01", Hooks(password=BRACED)) as (_, inventory):
        told = played(example_city, inventory, tmp_path, check=True)
    assert told.status is Status.CHANGED, told.reason


def test_nothing_that_the_data_say_is_a_template() -> None:
    written = ansible._yaml({"said": ansible.Literal(BRACED), "ours": "{{ device_passwords[inventory_hostname] }}"})
    whole = yaml.compose(written)
    assert whole is not None
    nodes = {key.value: node for key, node in whole.value}
    assert (nodes["said"].tag, nodes["said"].value) == ("!unsafe", BRACED)
    assert nodes["ours"].tag == "tag:yaml.org,2002:str"


def ok(host: str, *, changed: bool = False) -> dict[str, object]:
    return {"event": "runner_on_ok", "event_data": {"host": host, "res": {"changed": changed}}}


def failed(host: str, said: str) -> dict[str, object]:
    return {"event": "runner_on_failed", "event_data": {"host": host, "res": {"msg": said}}}


END: dict[str, object] = {"event": "playbook_on_stats", "event_data": {}}


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([ok("a"), END], Status.OK, id="through, and nothing changed"),
        pytest.param([ok("a"), ok("a", changed=True), ok("a"), END], Status.CHANGED, id="through, and changed"),
        pytest.param([ok("a")], Status.UNKNOWN, id="killed after its first task"),
        pytest.param([ok("a", changed=True)], Status.UNKNOWN, id="killed after a change"),
        pytest.param([ok("a"), failed("a", "no")], Status.FAILED, id="failed, then killed"),
        pytest.param([END], Status.UNKNOWN, id="through without a word of it"),
        pytest.param([ok("b"), END], Status.UNKNOWN, id="of another"),
    ],
)
def test_a_play_that_was_killed_is_unknown_and_never_as_intended(
    events: list[dict[str, object]], status: Status
) -> None:
    play = Play(["a"])
    for event in events:
        assert play.hear(event) is False, "no event is kept on the disk"
    assert play.outcome("a").status is status


def test_the_first_trouble_is_told_fit_to_be_shown() -> None:
    play = Play(["a"])
    for said in ("\x1b[31mno: password hunter2", "then this"):
        play.hear(failed("a", said))
    assert play.outcome("a").reason == "^[[31mno: password ***"


def secret_on_disk(folder: Path, secret: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and secret in file.read_bytes()]


def test_a_secret_is_handed_to_the_first_reader_and_lies_on_no_disk(tmp_path: Path) -> None:
    secret = b"opensesame" * 20_000
    with handed_over(secret, tmp_path / "pipe"):
        assert not secret_on_disk(tmp_path, b"opensesame")
        assert (tmp_path / "pipe").read_bytes() == secret
    assert not list(tmp_path.iterdir())


def test_a_secret_that_nobody_reads_is_gone(tmp_path: Path) -> None:
    with handed_over(b"opensesame", tmp_path / "pipe"):
        pass
    assert not list(tmp_path.iterdir())


KILLED = """
import sys, time
from pathlib import Path
from network.transports.handover import handed_over, private_folder
with private_folder(Path(sys.argv[1])) as folder, handed_over(b"opensesame", folder / "pipe"):
    print(folder, flush=True)
    time.sleep(600)
"""


def test_a_run_that_was_killed_leaves_no_password_and_the_next_one_removes_its_folder(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        left = Path(run.stdout.readline().strip())
        with private_folder(tmp_path) as ours:
            assert left.is_dir(), "a run that is at work is left alone"
            assert ours.stat().st_mode & 0o777 == 0o700
        os.kill(run.pid, signal.SIGKILL)
    assert left.is_dir() and not secret_on_disk(tmp_path, b"opensesame")
    with private_folder(tmp_path) as ours:
        assert [folder for folder in tmp_path.iterdir() if folder.is_dir()] == [ours]
    assert not [folder for folder in tmp_path.iterdir() if folder.is_dir()]
