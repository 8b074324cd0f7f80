"""What a push would do, before anything is done: looked at, printed, kept, and held to.

A plan is complete: pushing it needs no city, so what was looked at is exactly what is done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from threading import Event
from time import monotonic
from typing import TypedDict

from city.errors import AstyError, InvalidInput
from city.fingerprint import fingerprint
from city.inventory import Endpoint, Inventory
from city.model.city import City, Device
from city.outcome import Outcome, Status
from network import bystanders
from network.at_once import at_once
from network.diff import compare
from network.intent import intended
from network.limits import Limits
from network.patience import open_patiently
from network.reading import read, starts_so
from network.transports.base import Deadline, Session, Transport
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.registry import grammar, platforms

NOWHERE = "the inventory does not say how it is reached"
_UNSAVED = ("it runs as intended and would start otherwise: it is only made to keep it",)


class Kind(StrEnum):
    SAME = "same"
    CHANGE = "change"
    UNREACHABLE = "unreachable"
    LEFT_OUT = "left-out"
    """No push is known for its platform: it is only polled."""


class PlanEntryJson(TypedDict):
    device: str
    platform: str
    kind: str
    running: str
    intended: str
    diff: list[str]
    reason: str


class PushPlanJson(TypedDict):
    city: str
    fingerprint: str
    entries: list[PlanEntryJson]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One device. `running` digests what it showed of ours, `intended` is the text we manage, `diff` is for eyes."""

    device: str
    platform: str
    kind: Kind
    intended: str
    running: str = ""
    diff: tuple[str, ...] = ()
    reason: str = ""

    def as_json(self) -> PlanEntryJson:
        return {
            "device": self.device,
            "platform": self.platform,
            "kind": self.kind.value,
            "running": self.running,
            "intended": self.intended,
            "diff": list(self.diff),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlan:
    """Entries in the City's order. Its fingerprint names what it does, and says nothing of when it was made."""

    city: str
    entries: tuple[PlanEntry, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint([self.city, *(entry.as_json() for entry in self.entries)])

    @property
    def changes(self) -> int:
        return sum(entry.kind is Kind.CHANGE for entry in self.entries)

    def as_json(self) -> PushPlanJson:
        return {
            "city": self.city,
            "fingerprint": self.fingerprint,
            "entries": [entry.as_json() for entry in self.entries],
        }

    @classmethod
    def from_json(cls, content: PushPlanJson) -> "PushPlan":
        """Raises InvalidInput for a content that is not what `as_json` gave, or was changed since."""
        try:
            made = cls(city=content["city"], entries=tuple(map(_entry, content["entries"])))
            kept = content["fingerprint"]
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("push plan", f"it cannot be read ({error!r})", "Plan again.") from error
        if made.fingerprint != kept:
            raise InvalidInput("push plan", "its content does not fit its fingerprint", "Plan again.")
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """How devices are looked at. Who sets `stop` ends every look."""

    transport: Transport
    limits: Limits
    stop: Event = field(default_factory=Event)

    def open(self, endpoint: Endpoint, platform: Grammar) -> Session:
        deadline = Deadline.after(self.limits.deadline_s, self.stop)
        return open_patiently(self.transport, endpoint, platform, deadline)


def plan(  # noqa: PLR0913 - what is planned, what reaches it, and how fast
    city: City,
    devices: Sequence[Device],
    inventory: Inventory,
    *,
    transport: Transport,
    limits: Limits | None = None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> PushPlan:
    """Look at every device at once and say how each differs from what the City intends.

    Raises InvalidInput before any device is asked where the City's data does not make a whole
    configuration. A device that cannot be looked at is listed as unreachable with the reason;
    `on_outcome` gets one of OK (as intended), SKIPPED (would change; the diff as evidence) or FAILED. One whose
    platform no push is known for is left out, and said so.
    """
    reach = _Reach(transport=transport, limits=limits or Limits())
    found = {device.id: _left_out(device) for device in devices if not _is_pushable(device)}
    for entry in found.values():
        on_outcome(_outcome(entry, 0.0))
    wanted = {device.id: intended(city, device) for device in devices if device.id not in found}
    work = {
        device.id: partial(_timed, device, inventory.get(device.id), wanted[device.id], reach)
        for device in devices
        if device.id in wanted
    }
    looked = at_once(work, reach.limits.workers, lambda _, done: on_outcome(_outcome(*done)), reach.stop)
    found |= {device: entry for device, (entry, _) in looked.items()}
    return PushPlan(city=city.id, entries=tuple(found[device.id] for device in devices))


def unplanned(outcome_of: Iterable[PlanEntry]) -> tuple[Outcome, ...]:
    """What becomes of entries that were not looked at: they failed, or are skipped, with the reason."""
    return tuple(_outcome(entry, 0.0) for entry in outcome_of if entry.kind in {Kind.UNREACHABLE, Kind.LEFT_OUT})


def _is_pushable(device: Device) -> bool:
    known = platforms().get(device.platform)
    return known is not None and known.grammar is not None


def _left_out(device: Device) -> PlanEntry:
    reason = f"no push is known for {device.platform or 'a device without a platform'}: it is left as it is"
    return PlanEntry(device=device.id, platform=device.platform, kind=Kind.LEFT_OUT, intended="", reason=reason)


def _timed(device: Device, endpoint: Endpoint | None, wanted: Configuration, reach: _Reach) -> tuple[PlanEntry, float]:
    start = monotonic()
    try:
        entry = _plan_one(device, endpoint, wanted, reach)
    except Exception as error:  # noqa: BLE001 - a fault of ours on one device must not hide the others
        text = grammar(device.platform).render(wanted)
        entry = _unreachable(device, text, f"looking at it broke ({error!r}); please report it")
    return entry, monotonic() - start


def _plan_one(device: Device, endpoint: Endpoint | None, wanted: Configuration, reach: _Reach) -> PlanEntry:
    kind = grammar(device.platform)
    text = kind.render(wanted)
    if endpoint is None:
        return _unreachable(device, text, NOWHERE)
    try:
        with reach.open(endpoint, kind) as session:
            seen = read(session, endpoint.device, kind)
            difference = compare(kind, seen.running, wanted)
            unsaved = not difference and not starts_so(session, kind, wanted, seen.running)
    except AstyError as error:
        return _unreachable(device, text, f"{error.problem}. {error.remedy}")
    return PlanEntry(
        device=device.id,
        platform=device.platform,
        kind=Kind.CHANGE if difference or unsaved else Kind.SAME,
        intended=text,
        running=kind.managed(seen.running, wanted).digest,
        diff=(*(_UNSAVED if unsaved else difference.text), *bystanders.listed(kind, seen.running, wanted)),
    )


def _unreachable(device: Device, text: str, reason: str) -> PlanEntry:
    return PlanEntry(device=device.id, platform=device.platform, kind=Kind.UNREACHABLE, intended=text, reason=reason)


def _outcome(entry: PlanEntry, duration_s: float) -> Outcome:
    status = _STATUSES[entry.kind]
    reason = entry.reason or ("would change" if entry.kind is Kind.CHANGE else "as intended")
    evidence = "\n".join(entry.diff) or entry.running[:12]
    return Outcome(subject=entry.device, status=status, reason=reason, duration_s=duration_s, evidence=evidence)


_STATUSES = {
    Kind.SAME: Status.OK,
    Kind.CHANGE: Status.SKIPPED,
    Kind.UNREACHABLE: Status.FAILED,
    Kind.LEFT_OUT: Status.SKIPPED,
}


def _entry(content: PlanEntryJson) -> PlanEntry:
    return PlanEntry(
        device=content["device"],
        platform=content["platform"],
        kind=Kind(content["kind"]),
        intended=content["intended"],
        running=content["running"],
        diff=tuple(content["diff"]),
        reason=content["reason"],
    )
