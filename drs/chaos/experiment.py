"""One experiment: a drill begins, a fault befalls it at its step and ends again, others go on, and all is judged."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Timer

from city.clock import Clock
from city.errors import AstyError
from drs.chaos.arena import Arena, Killed
from drs.chaos.draw import Strike
from drs.chaos.fault import Phase, Thing
from drs.chaos.invariants import Evidence, Held, judged
from drs.chaos.watch import Watch
from drs.check import Answer
from drs.drill.entry import Approved, Begun, Ended, Entry, Seen
from drs.drill.moves import Wait, Waiting
from drs.drill.plan import Plan

OPERATORS = ("chaos-1", "chaos-2", "chaos-3", "chaos-4")
"""Who conducts, one after the other; the first two agree to whatever asks for it."""
_AGREED = timedelta(minutes=30)
_ORDER = list(Phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`struck` and `cleared` are None where that moment never came. `over`: the drill came to its end, all proven."""

    strike: Strike
    struck: datetime | None
    cleared: datetime | None
    conducted: tuple[str, ...]
    over: bool
    held: tuple[Held, ...]


@dataclass(kw_only=True)
class Experiment:
    """The fault stands for `lasts_s`; who watches looks every `watch_s`."""

    arena: Arena
    plan: Plan
    strike: Strike
    lasts_s: float
    watch_s: float
    report: Callable[[str], None]
    clock: Clock
    """By which those who agree say until when."""
    _struck: datetime | None = None
    _cleared: datetime | None = None
    _timer: Timer | None = None
    _trouble: list[AstyError] = field(default_factory=list)

    def run(self) -> Found:
        """Raises AstyError where the fault cannot be made or ended; then the drill is left as it is."""
        conducted = list[str]()
        services = [task.service for task in self.plan.tasks if task.promotes]
        with Watch(arena=self.arena, services=services, pause_s=self.watch_s) as watch:
            for by in OPERATORS:
                conducted.append(by)
                self.report(f"{by} conducts")
                try:
                    self.arena.conduct(by, self._heard)
                finally:
                    self._end()
                if self._over():
                    break
        found = self._evidence(watch, services)
        return Found(
            strike=self.strike,
            struck=self._struck,
            cleared=self._cleared,
            conducted=tuple(conducted),
            over=self._over(),
            held=judged(found),
        )

    def _heard(self, happened: Entry | Wait) -> None:
        if isinstance(happened, Wait):
            if happened.why is Waiting.APPROVAL:
                self._agree(happened.task.id)
        elif self._struck is None and self._reached(happened):
            self._strike()

    def _agree(self, task: str) -> None:
        now = self.clock.now()
        for by in OPERATORS[:2]:
            self.arena.journal().append(Approved(at=now, by=by, task=task, until=now + _AGREED))

    def _reached(self, entry: Entry) -> bool:
        """Whether the step has come so far, or farther: what was done already is seen at once."""
        if getattr(entry, "task", None) != self.strike.task:
            return False
        phase = _phase(entry)
        return phase is not None and _ORDER.index(phase) >= _ORDER.index(self.strike.phase)

    def _strike(self) -> None:
        self._struck = datetime.now(UTC)
        self.report(f"{self.strike.task} is {self.strike.phase}: {self.strike.told}")
        if self.strike.fault.befalls is Thing.CONDUCTOR and not self.strike.fault.kind:
            self._cleared = self._struck
            raise Killed
        self.arena.befall(self.strike)
        self._timer = Timer(self.lasts_s, self._clear)
        self._timer.daemon = True
        self._timer.start()

    def _clear(self) -> None:
        try:
            self.arena.clear(self.strike)
        except AstyError as error:
            self._trouble.append(error)
        else:
            self._cleared = datetime.now(UTC)
            self.report("the fault has ended")

    def _end(self) -> None:
        """The fault has its time, and ends before somebody else goes on."""
        if self._timer:
            self._timer.join()
        if self._trouble:
            raise self._trouble[0]

    def _over(self) -> bool:
        with suppress(AstyError):
            run = self.arena.journal().run
            return run.closed is not None and not run.left
        return False

    def _evidence(self, watch: Watch, services: Iterable[str]) -> Evidence:
        trouble, entries = "", list[Entry]()
        try:
            entries = self.arena.journal().entries
        except AstyError as error:
            trouble = error.problem
        lost = {service: self.arena.lost(service) if self._over() else None for service in services}
        return Evidence(
            plan=self.plan,
            entries=entries,
            journal_trouble=trouble,
            looks=watch.looks,
            splits=watch.splits,
            lost=lost,
        )


def _phase(entry: Entry) -> Phase | None:
    match entry:
        case Begun():
            return Phase.BEGUN
        case Ended():
            return Phase.ENDED
        case Seen(answer=Answer.MET):
            return Phase.PROVEN
        case Seen():
            return Phase.LOOKED
        case _:
            return None
