"""Playbooks through ansible-runner: the inventory comes from the City, the outcomes from its events.

Nothing is read from what Ansible prints. Passwords go through a file of mode 0600 in a folder of
mode 0700 that is gone afterwards; host keys are the inventory's pinned ones, and no others are taken.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import ansible_runner  # type: ignore[import-untyped]  # it ships without types

from city.errors import Failed
from city.inventory import Endpoint, Inventory
from city.model.city import City, Device
from city.outcome import Outcome, Status
from city.secrets import resolve
from network.intent import intended
from platforms.grammar.configuration import TOP
from platforms.record import Ansible
from platforms.registry import platforms

BASELINE = ("ntp server ", "logging host ", "log syslog ", "ip prefix-list ")
_UNREACHABLE, _FAILED, _OK, _SKIPPED = (
    "runner_on_unreachable",
    "runner_on_failed",
    "runner_on_ok",
    "runner_on_skipped",
)


def run_playbook(  # noqa: PLR0913 - what runs where, with what, and how much at once
    playbook: Path,
    city: City,
    devices: Sequence[Device],
    inventory: Inventory,
    *,
    workspace: Path,
    check: bool = False,
    forks: int = 8,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Run `playbook` against `devices`, each with the City's lines for it as `baseline_lines`.

    OK: nothing to change. CHANGED: changed, or would be with `check`. FAILED: a task failed, or it
    could not be reached. SKIPPED: no collection knows its platform. UNKNOWN: the run ended without a
    word about it. Raises Failed where Ansible itself does not start.
    """
    hosts = {d.id: d for d in devices if _known_to_ansible(d) and d.id in inventory}
    tellers = {device_id: _Teller(subject=device_id) for device_id in hosts}
    if hosts:
        workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ansible-", dir=workspace) as folder:
            _lay_out(Path(folder), city, hosts, inventory)
            _run(Path(folder), playbook, tellers, check=check, forks=forks)
    outcomes = tuple(tellers[d.id].outcome() if d.id in tellers else _left_out(d, inventory) for d in devices)
    for outcome in outcomes:
        on_outcome(outcome)
    return outcomes


def ansible_inventory(
    city: City, hosts: Mapping[str, Device], inventory: Inventory
) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """Groups by platform; passwords are variables that another file resolves."""
    groups: dict[str, dict[str, dict[str, dict[str, object]]]] = {}
    for device_id, device in hosts.items():
        group = groups.setdefault(device.platform.replace("-", "_"), {"hosts": {}})
        group["hosts"][device_id] = _variables(city, device, inventory[device_id])
    return groups


def _known_to_ansible(device: Device) -> Ansible | None:
    known = platforms().get(device.platform)
    return known.ansible if known else None


def _variables(city: City, device: Device, endpoint: Endpoint) -> dict[str, object]:
    names = _known_to_ansible(device)
    if names is None:
        raise AssertionError("only hosts that Ansible knows are asked")
    lines = sorted(line for line in intended(city, device).lines(TOP) if line.startswith(BASELINE))
    return {
        "ansible_host": str(endpoint.address),
        "ansible_port": endpoint.ssh_port,
        "ansible_user": endpoint.user,
        "ansible_password": "{{ device_passwords[inventory_hostname] }}",
        "ansible_connection": names.connection,
        "ansible_network_os": names.network_os,
        "ansible_python_interpreter": sys.executable,
        "baseline_lines": lines,
    }


def _lay_out(folder: Path, city: City, hosts: Mapping[str, Device], inventory: Inventory) -> None:
    passwords = {device_id: resolve(inventory[device_id].password).reveal() for device_id in hosts}
    keys = "".join(f"{_known_as(inventory[d])} {inventory[d].host_key}\n" for d in hosts)
    for name in ("inventory", "env", ".ssh"):
        (folder / name).mkdir(mode=0o700)
    _private(folder / "inventory" / "hosts.json", json.dumps(ansible_inventory(city, hosts, inventory)))
    _private(folder / "env" / "extravars", json.dumps({"device_passwords": passwords}))
    _private(folder / ".ssh" / "known_hosts", keys)


def _known_as(endpoint: Endpoint) -> str:
    return f"[{endpoint.address}]:{endpoint.ssh_port}"


def _private(file: Path, content: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(content)


def _run(folder: Path, playbook: Path, tellers: Mapping[str, "_Teller"], *, check: bool, forks: int) -> None:
    with tempfile.TemporaryDirectory(prefix="asty-") as sockets:
        run = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=str(playbook.resolve()),
            cmdline="--check" if check else None,
            forks=forks,
            quiet=True,
            envvars=_environment(folder, Path(sockets)),
            event_handler=lambda event: _hear(event, tellers),
        )
    if run.rc and not any(teller.heard for teller in tellers.values()):
        raise Failed("ansible-playbook", f"it ended with code {run.rc} before it asked any device", "Run it by hand.")


def _environment(folder: Path, sockets: Path) -> dict[str, str]:
    """`sockets` is a short path: an address of a Unix socket holds about 100 characters."""
    kind = "libssh" if find_spec("pylibsshext") else "paramiko"
    return {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_PERSISTENT_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NETWORK_CLI_SSH_TYPE": kind,
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_NOCOLOR": "True",
    }


@dataclass(slots=True, kw_only=True)
class _Teller:
    """What the events said of one device."""

    subject: str
    began: float = field(default_factory=monotonic)
    heard: bool = False
    changed: bool = False
    trouble: str = ""
    duration_s: float = 0.0

    def outcome(self) -> Outcome:
        if self.trouble:
            status, reason = Status.FAILED, self.trouble
        elif not self.heard:
            status, reason = Status.UNKNOWN, "Ansible said nothing of it"
        else:
            status, reason = (Status.CHANGED, "changed") if self.changed else (Status.OK, "as intended")
        return Outcome(subject=self.subject, status=status, reason=reason, duration_s=self.duration_s)


def _hear(event: Mapping[str, object], tellers: Mapping[str, _Teller]) -> bool:
    """Returns whether the runner is to keep the event on disk; it is not."""
    kind, data = str(event.get("event")), event.get("event_data")
    if not isinstance(data, dict) or data.get("host") not in tellers:
        return False
    if kind not in {_UNREACHABLE, _FAILED, _OK, _SKIPPED}:
        return False
    teller, said = tellers[data["host"]], data.get("res")
    result = said if isinstance(said, dict) else {}
    teller.heard, teller.duration_s = True, monotonic() - teller.began
    teller.changed |= bool(result.get("changed"))
    if kind == _UNREACHABLE or (kind == _FAILED and not data.get("ignore_errors")):
        teller.trouble = str(result.get("msg") or "a task failed").strip().splitlines()[0]
    return False


def _left_out(device: Device, inventory: Inventory) -> Outcome:
    if _known_to_ansible(device) and device.id not in inventory:
        reason = "the inventory does not say how it is reached"
        return Outcome(subject=device.id, status=Status.FAILED, reason=reason)
    reason = f"no Ansible collection knows {device.platform}; asty push does"
    return Outcome(subject=device.id, status=Status.SKIPPED, reason=reason)
