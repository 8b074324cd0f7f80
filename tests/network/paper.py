"""Devices on paper: the lab's dialects and a Transport over them, without network or processes.

Every operation (a session, a command, a record in the journal) is counted, and the process can be
killed before or after any of them. What a dead process held (its sessions) is gone; what was on the
device or in the journal stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from city.inventory import Endpoint
from city.model.city import City
from city.outcome import Outcome
from lab.fleet.dialects.dialect import START
from lab.fleet.dialects.dialect import Session as Where
from lab.fleet.fleet import new
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import family
from lab.fleet.state import DeviceState, boot, tick
from network.intent import intended
from network.journal import Journal
from network.journal_entry import Entry
from network.limits import Limits
from network.plan import PushPlan
from network.stages import Stage
from network.transports.base import Deadline, SessionLost, Unreachable
from network.transports.transcript import check, check_shown, refusal
from platforms.frr import GRAMMAR as FRR
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.registry import grammar

ONE_OF_EACH = ("ap-0001", "ap-0003", "sw-west-01", "sw-core-01")
LIMITS = Limits(workers=4, deadline_s=30, revert_after_s=120)
IMPATIENT = Limits(workers=4, deadline_s=0.3, revert_after_s=120)
"""For devices that never come back: who waits for them waits until the deadline."""
Push = Callable[[PushPlan], tuple[Outcome, ...]]


class Killed(BaseException):
    """kill -9: nothing in the process runs after it."""


@dataclass(slots=True)
class Fate:
    """Kills the process around operation number `at`, counting from 1; `after` says on which side of it."""

    at: int = 0
    after: bool = False
    seen: int = 0

    def around(self, operation: Callable[[], None]) -> None:
        self.seen += 1
        if self.seen == self.at and not self.after:
            raise Killed
        operation()
        if self.seen == self.at:
            raise Killed


class DialectDevice:
    """A device of the fleet, with a clock that only moves when it is told to."""

    def __init__(self, state: DeviceState) -> None:
        self.state, self.now = state, state.booted_at

    def answer(self, where: Where, line: str) -> tuple[Where, str]:
        self.state = tick(self.state, self.now)
        answer = family(self.state.hardware.platform).dialect.answer(self.state, where, line, self.now)
        self.state = boot(answer.state, self.now) if answer.reboots else answer.state
        return answer.session, answer.text

    def show(self) -> Configuration:
        name = self.state.hardware.platform
        self.state = tick(self.state, self.now)
        return grammar(name).parse(family(name).dialect.print(self.state.running, self.state.hardware))

    def saved(self) -> Configuration:
        name = self.state.hardware.platform
        return grammar(name).parse(family(name).dialect.print(self.state.startup, self.state.hardware))

    def reboot(self) -> None:
        self.state = boot(self.state, self.now)


class RouterOnPaper:
    """FRR as far as a push sees it: lines run at once, nothing goes back by itself."""

    def __init__(self) -> None:
        self.running = self.startup = FRR.parse("frr version 8.4.4\nfrr defaults traditional\nhostname vm\n")
        self.rejects: tuple[str, ...] = ()
        self.saved_by = "Building Configuration...\n[OK]"

    def answer(self, where: Where, line: str) -> tuple[Where, str]:
        if any(part in line for part in self.rejects):
            return where, f"% Unknown command: {line}"
        match line:
            case "show running-config":
                return where, FRR.render(self.running)
            case "configure terminal":
                return replace(where, configuring=True), ""
            case "end":
                return START, ""
            case "write memory":
                self.startup = self.running
                return where, self.saved_by
            case _ if where.configuring:
                self.running = FRR.after(self.running, [line])
        return where, ""

    def show(self) -> Configuration:
        return self.running

    def saved(self) -> Configuration:
        return self.startup

    def reboot(self) -> None:
        self.running = self.startup


PaperDevice = DialectDevice | RouterOnPaper


def paper_devices(city: City) -> dict[str, PaperDevice]:
    made: dict[str, PaperDevice] = {h.id: DialectDevice(new(h, 0.0)) for h in fleet_hardware(city)}
    return made | {device.id: RouterOnPaper() for device in city.devices if device.platform == "frr"}


@dataclass(slots=True)
class PaperTransport:
    """`unreachable` devices let nobody in, `booting` ones not for so many more attempts.

    `hook` runs before each command and may do what it likes to a device.
    """

    devices: Mapping[str, PaperDevice]
    fate: Fate = field(default_factory=Fate)
    unreachable: set[str] = field(default_factory=set)
    booting: dict[str, int] = field(default_factory=dict)
    hook: Callable[[str, str], None] = lambda _device, _command: None
    log: list[tuple[str, str]] = field(default_factory=list)

    def open(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> "PaperSession":
        del deadline
        patience = self.booting.get(endpoint.device, 0)
        self.booting[endpoint.device] = max(0, patience - 1)
        if patience or endpoint.device in self.unreachable:
            raise Unreachable(f"device {endpoint.device}", "no answer", "See whether it has power and a link.")
        self.fate.around(lambda: None)
        return PaperSession(self, endpoint.device, platform)


class PaperSession:
    def __init__(self, transport: PaperTransport, device: str, platform: Grammar) -> None:
        self._transport, self._device, self._platform = transport, device, platform
        self._where = START

    def run(self, commands: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for command in commands:
            found += self._counted(command)
            if not self._platform.pipelined:
                check(self._device, [command], found[-1:], self._platform)
        check(self._device, commands, found, self._platform)
        return tuple(found)

    def show(self, commands: Sequence[str]) -> tuple[str, ...]:
        found = [text for command in commands for text in self._counted(command)]
        check_shown(self._device, commands, found, self._platform)
        return tuple(found)

    def tell(self, commands: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for command in commands:
            found += self._counted(command)
            if not self._platform.pipelined and refusal(found[-1], self._platform):
                break
        return tuple(found)

    def _counted(self, command: str) -> list[str]:
        said: list[str] = []
        self._transport.fate.around(lambda: said.append(self._one(command)))
        return said

    def _one(self, command: str) -> str:
        self._transport.hook(self._device, command)
        if self._device in self._transport.unreachable or self._transport.booting.get(self._device):
            raise SessionLost(f"device {self._device}", "the session was closed", "Look at the device.")
        self._transport.log.append((self._device, command))
        self._where, text = self._transport.devices[self._device].answer(self._where, command)
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._where = START


class MortalJournal(Journal):
    """A journal whose every record may be the last thing its process did."""

    fate = Fate()

    def move(self, entry: Entry, *, with_backup: bool = False) -> bool:
        moved: list[bool] = []
        self.fate.around(lambda: moved.append(super(MortalJournal, self).move(entry, with_backup=with_backup)))
        return moved[-1]


def by_device(outcomes: tuple[Outcome, ...]) -> dict[str, Outcome]:
    return {outcome.subject: outcome for outcome in outcomes}


def managed(city: City, device_id: str, shown: Configuration) -> Configuration:
    device = city.device(device_id)
    return grammar(device.platform).managed(shown, intended(city, device))


def wanted(city: City, device_id: str) -> Configuration:
    return intended(city, city.device(device_id))


def entry_of(planned: PushPlan, device_id: str, run: str) -> Entry:
    found = next(entry for entry in planned.entries if entry.device == device_id)
    return Entry(
        run=run,
        device=device_id,
        platform=found.platform,
        stage=Stage.PLANNED,
        running_digest=found.running,
        intended=found.intended,
        diff=found.diff,
    )
