"""The state of one device, and every way it can change: pure, the time is passed in (UNIX seconds).

Invariants, checked by the tests over any sequence of lines:
  1. startup changes only when somebody saves, or what was saved for a time goes back;
  2. a timed revert that nobody confirms restores exactly the configurations it was armed with;
  3. a reboot runs what was saved, and nothing else.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from lab.fleet.box import Hardware
from lab.fleet.config import Config
from lab.fleet.faults import NONE, Faults

BOOT_S = 2.0
"""From power to the first answer. A real access point takes a minute or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """At `at` the running configuration becomes `to` again, and what is saved becomes `saved` where there is one.

    `session` armed it, on platforms where nobody else may end it. `lasts`: it outlives a reboot.
    `reboots`: going back is starting anew.
    """

    at: float
    to: Config
    saved: Config | None = None
    session: str = ""
    lasts: bool = False
    reboots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What one session would change of what runs. `known`: the device made the session; `writes`: it may apply."""

    session: str
    gone: Config = frozenset()
    come: Config = frozenset()
    known: bool = False
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Meter:
    """The times during which a radio or port carried traffic since the device booted."""

    spans: tuple[tuple[float, float], ...] = ()
    since: float | None = None

    def switched(self, on: bool, now: float) -> "Meter":  # noqa: FBT001 - on or off is what it is switched to
        if on == (self.since is not None):
            return self
        if self.since is None:
            return Meter(self.spans, now)
        return Meter((*self.spans, (self.since, now)) if now > self.since else self.spans)

    def until(self, now: float) -> tuple[tuple[float, float], ...]:
        """All spans, the one that goes on cut at `now`."""
        return self.spans if self.since is None or now <= self.since else (*self.spans, (self.since, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """`staged` is a candidate that is not running yet, on platforms that have one, `deltas` those of
    sessions. `meters` has one per radio
    of an access point, one per port of a switch. `linked` are the ports with somebody powered at the other end."""

    hardware: Hardware
    running: Config
    startup: Config
    booted_at: float
    boots: int = 1
    staged: Config | None = None
    revert: Revert | None = None
    deltas: tuple[Delta, ...] = ()
    meters: tuple[Meter, ...] = ()
    linked: frozenset[int] = frozenset()
    faults: Faults = NONE
    files: Mapping[str, str] = field(default_factory=dict)
    """What somebody wrote there, by path. What stands in /tmp is RAM."""

    def answers(self, now: float) -> bool:
        return not self.faults.off and now >= self.booted_at

    def uptime_s(self, now: float) -> float:
        return max(0.0, now - self.booted_at)

    @property
    def candidate(self) -> Config:
        return self.running if self.staged is None else self.staged


def run(state: DeviceState, config: Config) -> DeviceState:
    return replace(state, running=config)


def stage(state: DeviceState, config: Config) -> DeviceState:
    return replace(state, staged=None if config == state.running else config)


def save(state: DeviceState) -> DeviceState:
    return replace(state, startup=state.running)


def arm(state: DeviceState, at: float) -> DeviceState:
    """Go back to the running configuration of this moment at `at`, unless confirmed."""
    return replace(state, revert=Revert(at=at, to=state.running))


def confirm(state: DeviceState) -> DeviceState:
    return replace(state, revert=None)


def revert_now(state: DeviceState) -> DeviceState:
    if state.revert is None:
        return state
    saved = state.startup if state.revert.saved is None else state.revert.saved
    return replace(state, running=state.revert.to, startup=saved, revert=None)


def tick(state: DeviceState, now: float) -> DeviceState:
    """The state at `now`: what a timer would have done is done."""
    due = state.revert is not None and now >= state.revert.at
    if state.revert is None or not due:
        return state
    back = revert_now(state)
    return boot(back, state.revert.at) if state.revert.reboots else back


def boot(state: DeviceState, now: float) -> DeviceState:
    """Power comes (back): the saved configuration runs, all else is forgotten, and it answers after BOOT_S."""
    return replace(
        state,
        running=state.startup,
        staged=None,
        revert=state.revert if state.revert is not None and state.revert.lasts else None,
        deltas=(),
        files={file: content for file, content in state.files.items() if not file.startswith("/tmp/")},  # noqa: S108 - RAM of a box
        booted_at=now + BOOT_S,
        boots=state.boots + 1,
        meters=tuple(Meter() for _ in state.meters),
    )


def fail(state: DeviceState, faults: Faults, now: float) -> DeviceState:
    """Faults begin or end; power that comes back boots the device."""
    powered = state.faults.off and not faults.off
    changed = replace(state, faults=faults)
    return boot(changed, now) if powered else changed


def link(state: DeviceState, ports: Collection[int]) -> DeviceState:
    return replace(state, linked=frozenset(ports))


def meter(state: DeviceState, carrying: Collection[int], now: float) -> DeviceState:
    """Switch every meter to whether its number is among `carrying`."""
    start = max(now, state.booted_at)
    meters = tuple(m.switched(i in carrying, start) for i, m in enumerate(state.meters))
    return state if meters == state.meters else replace(state, meters=meters)
