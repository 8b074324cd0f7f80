"""Playbooks through ansible-runner: the inventory comes from the City, the outcomes from its events.

Nothing is read from what Ansible prints. Passwords go through a pipe and lie on no disk; what the data
say is never a template (`!unsafe`); host keys are the inventory's pinned ones, and no others are taken.
"""

import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ansible_runner  # type: ignore[import-untyped]  # it ships without types
import yaml

from city.errors import Failed
from city.inventory import Endpoint, Inventory
from city.model.city import City, Device
from city.outcome import Outcome, Status
from city.secrets import resolve
from network.intent import intended
from network.transports.handover import handed_over, private_folder
from network.transports.held_back import held_back
from network.transports.play import Play
from platforms.grammar.configuration import TOP
from platforms.record import Ansible
from platforms.registry import grammar, platforms

BASELINE = ("ntp server ", "logging host ", "log syslog ", "ip prefix-list ")
_KEPT = frozenset({"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TERM", "TMPDIR", "TZ"})
"""Of our environment, what Ansible gets. The rest may hold secrets, and would reach every program that it starts."""
_LOOK_S = 0.2
"""How often the runner sees whether it is to end."""
Groups = dict[str, dict[str, dict[str, dict[str, object]]]]


class Literal(str):
    """Text that Ansible takes as it is, whatever braces stand in it."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(Literal, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


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
    could not be reached. SKIPPED: no collection knows its platform. UNKNOWN: the run ended before its
    end, or without a word about it. Raises Failed where Ansible itself does not start.
    """
    hosts = {d.id: d for d in devices if _known_to_ansible(d) and d.id in inventory}
    play = Play(hosts)
    if hosts:
        with held_back() as asked_to_end, private_folder(workspace) as folder:
            _lay_out(folder, city, hosts, inventory)
            settings = {"cancel_callback": asked_to_end, "forks": forks, "event_handler": play.hear}
            code = _run(folder, playbook, passwords(hosts, inventory), settings, check=check)
        if code and not play.heard:
            raise Failed("ansible-playbook", f"it ended with code {code} before it asked any device", "Run it by hand.")
    outcomes = tuple(play.outcome(d.id) if d.id in hosts else _left_out(d, inventory) for d in devices)
    for outcome in outcomes:
        on_outcome(outcome)
    return outcomes


def ansible_inventory(city: City, hosts: Mapping[str, Device], inventory: Inventory) -> Groups:
    """Groups by platform; passwords are variables that `passwords` resolves."""
    groups: Groups = {}
    for device_id, device in hosts.items():
        group = groups.setdefault(device.platform.replace("-", "_"), {"hosts": {}})
        group["hosts"][device_id] = _variables(city, device, inventory[device_id])
    return groups


def passwords(hosts: Mapping[str, Device], inventory: Inventory) -> bytes:
    """The variables that the inventory refers to, as YAML."""
    found = {device_id: Literal(resolve(inventory[device_id].password).reveal()) for device_id in hosts}
    return _yaml({"device_passwords": found}).encode()


def _yaml(content: Any) -> str:  # noqa: ANN401 - YAML is any YAML
    text = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, width=10**6)
    return str(text)


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
        "ansible_user": Literal(endpoint.user),
        "ansible_password": "{{ device_passwords[inventory_hostname] }}",
        "ansible_connection": names.connection,
        "ansible_network_os": names.network_os,
        "ansible_python_interpreter": sys.executable,
        "baseline_lines": [Literal(line) for line in lines],
        "shows_startup": bool(grammar(device.platform).show_startup),
    }


def _lay_out(folder: Path, city: City, hosts: Mapping[str, Device], inventory: Inventory) -> None:
    keys = "".join(f"{_known_as(inventory[d])} {inventory[d].host_key}\n" for d in hosts)
    for name in ("inventory", "env", ".ssh"):
        (folder / name).mkdir(mode=0o700)
    _private(folder / "inventory" / "hosts.yml", _yaml(ansible_inventory(city, hosts, inventory)))
    _private(folder / ".ssh" / "known_hosts", keys)
    _private(folder / "env" / "settings", _yaml({"pexpect_timeout": _LOOK_S, "suppress_output_file": True}))


def _known_as(endpoint: Endpoint) -> str:
    return f"[{endpoint.address}]:{endpoint.ssh_port}"


def _private(file: Path, content: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(content)


def _run(folder: Path, playbook: Path, secrets: bytes, settings: Mapping[str, object], *, check: bool) -> int:
    """The code with which Ansible ended; `settings` are the runner's own."""
    pipe = folder / "env" / "extravars"
    with tempfile.TemporaryDirectory(prefix="asty-") as sockets, handed_over(secrets, pipe):
        run = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=str(playbook.resolve()),
            cmdline=f"-e {shlex.quote(f'@{pipe}')}{' --check' if check else ''}",
            quiet=True,
            envvars=_environment(folder, Path(sockets)),
            **settings,
        )
    return int(run.rc or 0)


def _environment(folder: Path, sockets: Path) -> dict[str, str]:
    """`sockets` is a short path: an address of a Unix socket holds about 100 characters."""
    kind = "libssh" if find_spec("pylibsshext") else "paramiko"
    return {
        **dict.fromkeys(os.environ.keys() - _KEPT, ""),
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


def _left_out(device: Device, inventory: Inventory) -> Outcome:
    if _known_to_ansible(device) and device.id not in inventory:
        reason = "the inventory does not say how it is reached"
        return Outcome(subject=device.id, status=Status.FAILED, reason=reason)
    reason = f"no Ansible collection knows {device.platform}; asty push does"
    return Outcome(subject=device.id, status=Status.SKIPPED, reason=reason)
