"""The host of the recovery site that keeps the drills of a workspace, as city.yaml names it; reached over SSH."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any

import paramiko

from asty import lab_access
from asty.city_data import load
from asty.last_found import LastFound
from asty.workspace import Workspace
from city.errors import AstyError, Failed
from city.model.city import City
from city.model.places import SiteRole
from drs.drill.custodian import PROGRAM, Custodian
from infra.hosts.access import Access, Bounds, Dial
from infra.hosts.host import Host
from infra.hosts.session import session, words
from infra.stacks import Program, Stack, stacks

_BOUNDS = Bounds(connect_s=3.0, run_s=5.0)
_REST_S = 5.0
"""Nobody is kept waiting at each entry by a host that was silent just now."""
_MOST = 64 * 1024 * 1024
_COMMAND = ("python3", "-I", "-c", PROGRAM)


def custodian_of(workspace: Workspace) -> Custodian | None:
    """None where the city names none, or no hosts run; nothing is reached before it is asked.

    Of a city whose data cannot be read it cannot be reached, and says why.
    """
    if not lab_access.params(workspace).hosts:
        return None
    access = lab_access.hosts(workspace, "root", None, _BOUNDS)
    try:
        city = load(workspace.city_folder)
    except AstyError as error:
        return Custodian(line=HostLine(host="the host of the journal", find=partial(_raise, error), access=access))
    if not city.drilling.journal:
        return None
    stack = next(one for one in stacks(city) if one.program is Program.WORKLOADS and one.role is SiteRole.RECOVERY)
    clouds, name = lab_access.params(workspace).clouds_yaml, server(city)
    find = partial(_host, stack, name, clouds)
    memory = LastFound(workspace.home / "journal-host.json")
    line = HostLine(
        host=f"{name} ({stack.site})",
        find=find,
        access=access,
        recall=partial(memory.recall, name, stack.site),
        keep=memory.keep,
    )
    return Custodian(line=line)


def server(city: City) -> str:
    """Always the same: two servers that keep journals would be two histories."""
    return f"{city.drilling.journal}-1"


def _raise(error: AstyError) -> Host:
    raise error


def _host(stack: Stack, name: str, clouds: Path) -> Host:
    """As its cloud records it. Raises Failed."""
    from infra.hosts.of_cloud import Unreached, named  # noqa: PLC0415 - what asks a cloud takes a second to load
    from infra.reach import in_passing  # noqa: PLC0415 - as above

    with in_passing(stack, clouds) as connect:
        found = named(stack.site, connect, {name})
    for one in found:
        if isinstance(one, Host):
            return one
    why = next((one.reason for one in found if isinstance(one, Unreached)), "its cloud has no such server")
    raise Failed(f"{name} ({stack.site})", why, "Look at its server.")


@dataclass(slots=True, kw_only=True)
class HostLine:
    """A session that stays open, to the program that keeps the drills; opened anew once when it broke.

    `find` asks which host it is, where the one that `recall` remembers does not answer; `keep` remembers the one that
    did. `dial` is how it is reached, where not as operators do.
    """

    host: str
    find: Callable[[], Host]
    recall: Callable[[], Host | None] = lambda: None
    keep: Callable[[Host], None] = lambda _: None
    access: Access
    dial: Dial | None = None
    command: tuple[str, ...] = _COMMAND
    _found: Host | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _channel: paramiko.Channel | None = None
    _rest: tuple[float, AstyError] | None = None
    _turn: RLock = field(default_factory=RLock)

    def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._turn:
            if self._rest and monotonic() < self._rest[0]:
                raise self._silent(self._rest[1])
            try:
                return self._asked(asked)
            except AstyError as error:
                self._rest = (monotonic() + _REST_S, error)
                raise self._silent(error) from error

    def _asked(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is asked may be asked twice: whoever wrote a line already finds it there."""
        if self._channel is not None:
            with suppress(Failed):
                return self._answer(self._channel, asked)
        self._close()
        if self._found is None and (known := self.recall()):
            with suppress(AstyError):
                return self._told_by(known, asked)
            self._close()
        return self._told_by(self._found or self.find(), asked)

    def _told_by(self, host: Host, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        line = self._open.enter_context(session(host, self.access, self.dial))
        self._channel = line.begin(words(self.command))
        told = self._answer(self._channel, asked)
        if self._found is None:
            self._found = host
            self.keep(host)
        return told

    def _answer(self, channel: paramiko.Channel, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        told = b""
        try:
            channel.sendall(json.dumps(asked).encode() + b"\n")
            while not told.endswith(b"\n") and len(told) < _MOST and (more := channel.recv(1024 * 1024)):
                told += more
            return dict(json.loads(told))
        except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
            self._close()
            problem = str(error) or type(error).__name__
            raise Failed(self.host, f"the connection broke ({problem})", "Look at that host.") from error

    def _close(self) -> None:
        self._channel = None
        with suppress(OSError, EOFError):
            self._open.close()

    def _silent(self, error: AstyError) -> Failed:
        remedy = (
            "Mend that, then `asty drill resume`; where that host is lost, answer for going on without it:"
            " `asty drill override journal_stands`."
        )
        return Failed(self.host, f"the journal cannot be kept there ({error.problem})", remedy)
