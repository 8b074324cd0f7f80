"""What a host promises by what the city declares of its service, and whether the running host keeps it, by testinfra.

Open to others is what its service declares and its roles promise, and SSH for operators; nothing else is. The sockets
and processes are those that the host's kernel shows, and not what anybody's configuration says.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host as Testinfra

from city.errors import Failed, NeedsPerson
from city.model.services import Workload
from city.outcome import Outcome, Status
from infra.hosts.access import Access, Dial
from infra.hosts.command import unseen
from infra.hosts.host import SSH, Host
from infra.hosts.roles import RolePromises
from infra.hosts.session import Session, session

_CHOSEN = "cat /proc/sys/net/ipv4/ip_local_port_range"
_SOCKETS = "ss --no-header --numeric --tcp --udp --listening --processes"
_PROCESS = re.compile(r'\("([^"]+)",pid=(\d+)')


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Listener:
    """A port that is open to others than the host itself."""

    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.protocol} port {self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """`listens` is all that is open to others; `runs` are systemd's units that are active; `packages` are Debian's."""

    listens: frozenset[Listener]
    runs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def of_workload(workload: Workload, roles: Iterable[RolePromises] = ()) -> Promises:
    """As the city's data declare it: the port of its load balancer's members, those of its flows, and SSH; besides,
    what its `roles` promise."""
    flows = {Listener(port=flow.port, protocol=flow.protocol) for flow in workload.flows}
    own = of_roles(roles)
    return replace(own, listens=own.listens | {Listener(port=workload.port), *flows})


def of_roles(roles: Iterable[RolePromises]) -> Promises:
    """Of a host that has these roles and no port of a workload, as that of a database: what they promise, and SSH."""
    held = tuple(roles)
    opened = {Listener(port=port, protocol=protocol) for role in held for port, protocol in role.listens}
    return Promises(
        listens=frozenset({Listener(port=SSH), *opened}),
        runs=tuple(unit for role in held for unit in role.runs),
        packages=tuple(package for role in held for package in role.packages),
    )


def verify(host: Host, access: Access, promises: Promises, dial: Dial | None = None) -> tuple[Outcome, ...]:
    """One outcome for each promise; a host that cannot be asked is one. Raises nothing of the host's."""
    begun = time.monotonic()
    try:
        with session(host, access, dial) as standing:
            return tuple(_kept(Testinfra(_Backend(standing)), str(host), promises))
    except (Failed, NeedsPerson) as error:
        return (replace(unseen(str(host), error, time.monotonic() - begun), status=Status.UNKNOWN),)


def _kept(seen: Testinfra, host: str, promises: Promises) -> Iterator[Outcome]:
    open_now = _open(seen, host)
    for wanted in sorted(promises.listens):
        found = open_now.get(wanted)
        yield _outcome(f"{host}: listens on {wanted}", found is not None, found or "", "nothing listens there")
    stray = {one: who for one, who in open_now.items() if one not in promises.listens}
    told = ", ".join(f"{one} ({who})" for one, who in sorted(stray.items()))
    yield _outcome(f"{host}: nothing else is open", not stray, "", f"open besides: {told}")
    yield from (_asked(f"{host}: {unit} runs", partial(_runs, seen, unit), "it does not") for unit in promises.runs)
    for name in promises.packages:
        yield _asked(f"{host}: package {name} is there", partial(_is_there, seen, name), "dpkg does not have it")


def _runs(seen: Testinfra, unit: str) -> bool:
    return bool(seen.service(unit).is_running)


def _is_there(seen: Testinfra, package: str) -> bool:
    return bool(seen.package(package).is_installed)


def _asked(subject: str, question: Callable[[], bool], problem: str) -> Outcome:
    """testinfra asks; where it cannot, as of a host without systemd or dpkg, nobody knows."""
    try:
        return _outcome(subject, question(), "", problem)
    except (AssertionError, NotImplementedError, RuntimeError, ValueError) as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        return Outcome(subject=subject, status=Status.UNKNOWN, reason=f"the host does not tell: {said}")


def _outcome(subject: str, kept: bool, evidence: str, problem: str) -> Outcome:  # noqa: FBT001 - what was found
    if kept:
        return Outcome(subject=subject, status=Status.OK, evidence=evidence)
    return Outcome(subject=subject, status=Status.FAILED, reason=problem)


def _open(seen: Testinfra, host: str) -> Mapping[Listener, str]:
    """What is open to others, with the process behind it, as ss(8) of the host shows it.

    UDP has no state of listening: a socket at a port that the kernel chose (ip(7)) is where somebody who asks waits for
    answers, as who asks devices over SNMP. Raises NeedsPerson where ss is not there, or shows something else.
    """
    done = seen.run(_SOCKETS)
    if done.rc:
        raise NeedsPerson(host, f"ss does not tell what is open: {done.stderr.strip()}", "Install iproute2 there.")
    told = seen.run(_CHOSEN).stdout.split()
    first, last = map(int, told) if len(told) == 2 and all(map(str.isdecimal, told)) else (1, 0)  # noqa: PLR2004 - from, to
    found = dict(found for line in done.stdout.splitlines() if (found := _listener(line, host)))
    return {one: who for one, who in found.items() if one.protocol != "udp" or not first <= one.port <= last}


def _listener(line: str, host: str) -> tuple[Listener, str] | None:
    """None for what the host alone can reach."""
    try:
        protocol, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        bare, _, interface = address.strip("[]").partition("%")
        own = interface == "lo" or (bare != "*" and _plain(bare).is_loopback)
        listener = Listener(port=int(port), protocol=protocol)
    except ValueError:
        raise NeedsPerson(host, f"ss shows a line that nobody understands: {line}", "Look at it by hand.") from None
    behind = _PROCESS.search(line)
    return None if own else (listener, behind.group(1) if behind else "a process of another user's")


def _plain(text: str) -> IPv4Address | IPv6Address:
    """An address of IPv4 that is shown within one of IPv6 is that of IPv4 (RFC 4291, 2.5.5.2)."""
    address = ip_address(text.strip("[]"))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class _Backend(BaseBackend):  # type: ignore[misc]  # testinfra ships without types
    """testinfra's questions, asked over our own session: the same pinned keys, the same bounds."""

    NAME = "asty"

    def __init__(self, standing: Session) -> None:
        super().__init__(str(standing.host))
        self._session = standing
        self._encoding = "utf-8"

    def run(self, command: str, *args: str, **_: object) -> CommandResult:
        text = self.get_command(command, *args)
        ran = self._session.run(text)
        if ran.cut:
            raise NeedsPerson(self.hostname, "it tells more than is taken in", "Look at the host by hand.")
        return self.result(ran.exit, text.encode(), ran.stdout, ran.stderr)
