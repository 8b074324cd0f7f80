"""What can happen in a drill, each kind as the journal keeps it: who, when, what, and why."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeAlias

from drs.check import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happened:
    at: datetime
    by: str
    """Who did it: the operator's name, as the operator gave it or the system knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(_Happened):
    """A drill of this plan begins, conducted from `machine`."""

    drill: str
    mode: str
    plan: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(_Happened):
    """`by` agrees that the task is done, if it begins before `until`; drs.drill.signature says what is signed."""

    task: str
    until: datetime
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun(_Happened):
    """The task is about to be done, for the time numbered `attempt` from 1. Kept before anything is touched."""

    task: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(_Happened):
    """The doing came back. What it says of itself is no proof."""

    task: str
    attempt: int
    told: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(_Happened):
    """Somebody looked whether the task is done. `witnesses` are the independent ways by which that was seen."""

    task: str
    answer: Answer
    reason: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden(_Happened):
    """`by` answers for it that the drill goes on as if the task were proven."""

    task: str
    reason: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(_Happened):
    """What a client outside found of one service, by the way that `how` tells. None is not known, and never 0.

    `downtime_s` is for how long nobody could write. Of the records that were `acknowledged`, `lost` are missing, which
    were written within `lost_s` seconds. Where no records were counted, files may be missing that are at most `lost_s`
    seconds older than the drill. The newest of a service counts.
    """

    service: str
    downtime_s: float | None
    acknowledged: int | None
    lost: int | None
    lost_s: float | None
    how: str

    @property
    def figures(self) -> tuple[float, ...]:
        """Those that are known."""
        told = (self.downtime_s, self.acknowledged, self.lost, self.lost_s)
        return tuple(figure for figure in told if figure is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing(_Happened):
    """The task is about to be taken back. Kept before anything is touched; what came of it, a look says."""

    task: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver(_Happened):
    """Another operator, process or machine conducts the drill from now on."""

    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(_Happened):
    """No task begins any more; what stands, stands."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(_Happened):
    """The end: everything proven, or what was left."""

    left: tuple[str, ...]


Entry: TypeAlias = (
    Opened | Approved | Begun | Ended | Seen | Overridden | Measured | Undoing | TakenOver | Stopped | Closed
)
KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (Opened, Approved, Begun, Ended, Seen, Overridden, Measured, Undoing, TakenOver, Stopped, Closed)
}


def as_json(entry: Entry) -> dict[str, Any]:
    """Stable keys: `what` is the kind, moments are ISO 8601 in UTC."""
    told = {field.name: _plain(getattr(entry, field.name)) for field in fields(entry)}
    return {"what": type(entry).__name__.lower(), **told}


def from_json(told: dict[str, Any]) -> Entry:
    """Raises KeyError, TypeError or ValueError for what no drill can have written."""
    kind = KINDS[told["what"]]
    names = {field.name for field in fields(kind)}
    given = {key: value for key, value in told.items() if key != "what"}
    if given.keys() != names:
        raise ValueError(f"{told['what']} has {sorted(given)}, not {sorted(names)}")
    entry: Entry = kind(**{key: _rich(key, value) for key, value in given.items()})
    return entry


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _rich(key: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if key in {"at", "until"}:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"{key} {value} has no time zone")
        return moment
    if key == "answer":
        return Answer(value)
    return tuple(value) if isinstance(value, list) else value
