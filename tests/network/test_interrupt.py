"""Ctrl-C, sent to the command itself while devices do as they like: it ends, whatever they do."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from city.inventory import Inventory
from city.model.city import City
from tests.network.hostile import BUSY, PASSWORD, PASSWORD_VARIABLE, Hooks, listening

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MOST_S = 10.0
"""Two seconds are the promise, on a machine that does nothing else."""
RUNNING, TRUNK = "show running-config", "switchport mode trunk"
COMMAND = """
import json, sys
from asty import __main__, lab_access
from tests.network.hostile import endpoint
reached = {device: endpoint(device, port, key) for device, (port, key) in json.loads(sys.argv[1]).items()}
lab_access.inventory = lambda workspace, city: reached
__main__.main(sys.argv[2:])
"""
Arrived = Callable[[], None]


def endless(data: tuple[bytes, ...], arrived: Arrived) -> Iterator[bytes]:
    for sent, chunk in enumerate(itertools.cycle(data)):
        if sent == 1:
            arrived()
        yield chunk


def floods(*data: bytes) -> Callable[[Arrived], Hooks]:
    return lambda arrived: Hooks(greeting=endless(data, arrived))


def answers(command: str, *data: bytes) -> Callable[[Arrived], Hooks]:
    """To this command without end; it is honest before."""

    def hooks(arrived: Arrived) -> Hooks:
        return Hooks(sent=lambda line, said: endless(data, arrived) if command in line else (said,))

    return hooks


def honest(arrived: Arrived) -> Hooks:
    arrived()
    return Hooks()


BANNER, BACKSPACES, LINE = floods(b"welcome\r\n" * 100), floods(b"\b" * 60_000), floods(b"x" * 60_000)
SILENT, SLOW, TALKS = answers(RUNNING, BUSY), answers(RUNNING, b".", BUSY), answers(RUNNING, b"and so on\r\n" * 100)


@contextmanager
def street(city: City, hooks: dict[str, Callable[[Arrived], Hooks]]) -> Iterator[tuple[Inventory, Arrived]]:
    """The devices, and a wait until each of them has begun to misbehave."""
    begun = {device_id: threading.Event() for device_id in hooks}
    reached: Inventory = {}
    with ExitStack() as open_devices:
        for device_id, made in hooks.items():
            listener = listening(city, device_id, made(begun[device_id].set))
            _, inventory = open_devices.enter_context(listener)
            reached = {**reached, **inventory}

        def all_begun() -> None:
            for device_id, event in begun.items():
                assert event.wait(180), f"{device_id} was never asked"

        yield reached, all_begun


def interrupted(tmp_path: Path, inventory: Inventory, verb: list[str], when: Arrived) -> tuple[float, int, str]:
    """Seconds from SIGINT to the end of the command, its exit code and what it wrote to stderr."""
    reached = {device_id: (found.ssh_port, found.host_key) for device_id, found in inventory.items()}
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), PASSWORD_VARIABLE: PASSWORD, "PYTHONPATH": str(ROOT)}
    selection = [word for device_id in reached for word in ("--select", f"id={device_id}")]
    arguments = [
        "--workspace",
        "ctrl-c",
        "--city",
        "example",
        "--base-port",
        "47000",
        "--base-address",
        "127.122.128.0",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, json.dumps(reached), *arguments, *verb, *selection],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - the child is no thread's yet
    ) as command:
        try:
            when()
            began = time.monotonic()
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=120)
            return time.monotonic() - began, command.returncode, said
        finally:
            command.kill()


CASES = {
    "looking": (
        ["push", "--dry-run"],
        {
            "ap-0001": BANNER,
            "ap-0002": BACKSPACES,
            "sw-west-01": SILENT,
            "sw-east-01": SLOW,
            "ap-0003": LINE,
            "ap-0004": honest,
        },
    ),
    "pushing": (["push"], {"sw-west-01": answers(TRUNK, BUSY), "sw-east-01": answers(TRUNK, b"and so on\r\n" * 100)}),
    "playing": (["playbook"], {"sw-west-01": SILENT, "sw-east-01": TALKS}),
}


@pytest.mark.parametrize("doing", CASES)
def test_an_interrupt_ends_the_command_whatever_devices_do(example_city: City, tmp_path: Path, doing: str) -> None:
    verb, hooks = CASES[doing]
    with street(example_city, hooks) as (inventory, all_begun):
        took_s, code, said = interrupted(tmp_path, inventory, verb, all_begun)
    assert took_s < MOST_S, said
    assert code == 128 + signal.SIGINT and "interrupted" in said, said
