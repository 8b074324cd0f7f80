"""The hosts of a lab, as the rest of the lab starts, sees and stops them."""

import socket
import time
from dataclasses import replace

from lab.agent import Agent
from lab.hosts import authority, credentials, leftovers, limits, needs, operators
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life, State
from lab.left_out import LeftOut
from lab.params import LabParams
from lab.part import Part
from lab.real import namespaces
from lab.real.packages import install
from lab.system import Report, as_root

AGENT = Agent(name="hosts", keeps="hosts behind the clouds' servers", module="lab.hosts")


def lacking() -> LeftOut | None:
    """Why no host can run here; None where they can."""
    return namespaces.lacking(AGENT.keeps)


def up(params: LabParams, report: Report) -> None:
    """Have the process that answers for the guests; Nova starts them. Raises Failed where it does not come up."""
    if AGENT.runs(params):
        return
    install(as_root() or (), report, needs.NEEDS, needs.__name__)
    operators.make(params)
    authority.make(params)
    credentials.make(params)
    begun, before = time.monotonic(), limits.allowed()
    AGENT.start(params)
    AGENT.wait(params, lambda: _answers(params))
    if sentence := limits.told(before, limits.allowed()):
        report(sentence)
    report(f"hosts: ready for the clouds' servers ({time.monotonic() - begun:.1f} s)")


def down(params: LabParams) -> None:
    """Every guest shuts down, and nothing of it stays but its disk. Nova is not told, so that it comes back.

    Raises Failed where something else stays.
    """
    if HostsFolder(params).root.exists():
        AGENT.end(params)


def status(params: LabParams) -> list[Part]:
    """The process that answers for the guests, where they were ever switched on, and whatever has no owner."""
    home = HostsFolder(params)
    if not home.root.exists():
        return []
    life = Life(home)
    states = [life.state(folder.id) for folder in home.all()]
    address = f"{home.socket}, {states.count(State.RUNNING)} of {len(states)} guests run"
    part = Part.of(AGENT.name, AGENT.pid_file(params), address)
    found = part if part.pid or params.hosts else replace(part, state="off")
    return [found, *(Part.unowned(str(leftover)) for leftover in leftovers.find(life))]


def _answers(params: LabParams) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(params.hosts_socket)) == 0
