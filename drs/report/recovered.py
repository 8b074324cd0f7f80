"""How each service came through a drill: what was promised for it, and what was measured. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from city.model.city import City
from drs.drill.entry import Measured
from drs.drill.known import Stage
from drs.drill.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A service with what was promised for it, and what was found; None is what nobody knows.

    `took` is the time from the moment at which the drill was opened until all steps of the service were proven: what
    passed before anybody began is not in the journal. `measured` is what a client outside found.
    """

    service: str
    rto: timedelta
    rpo: timedelta
    mtd: timedelta | None
    took: timedelta | None
    answered_for: tuple[str, ...]
    """The steps for which a person answered: nothing proved them."""
    measured: Measured | None = None

    @property
    def downtime(self) -> timedelta | None:
        """For how long a client outside could not write."""
        return _length(self.measured.downtime_s) if self.measured else None

    @property
    def lost(self) -> int | None:
        """How many records are missing of those that the service had acknowledged."""
        return self.measured.lost if self.measured else None

    @property
    def lost_time(self) -> timedelta | None:
        """Of records, within how long they were written; where records were not counted, from how long before the drill
        files may be missing, at most."""
        return _length(self.measured.lost_s) if self.measured else None

    @property
    def loss_known(self) -> bool:
        return self.lost is not None or self.lost_time is not None

    @property
    def in_time(self) -> bool | None:
        return self._within(self.rto)

    @property
    def within_mtd(self) -> bool | None:
        """None, too, where the city declares no MTD."""
        return None if self.mtd is None else self._within(self.mtd)

    @property
    def within_rpo(self) -> bool | None:
        if self.lost == 0:
            return True
        return None if self.lost_time is None else self.lost_time <= self.rpo

    def _within(self, promised: timedelta) -> bool | None:
        """By what was measured outside; else by the steps, where each was proven and a person answered for none."""
        if self.downtime is not None:
            return self.downtime <= promised
        return None if self.took is None or self.answered_for else self.took <= promised


def recovered(city: City, run: Run, began: datetime) -> Iterator[Recovered]:
    """Each service of the plan, in the plan's order."""
    for name in dict.fromkeys(task.service for task in run.plan.tasks if task.service):
        declared, own = city.service(name), [task.id for task in run.plan.tasks if task.service == name]
        moments = [moment for task in own if task in run.proven and (moment := run.known(task).proven)]
        yield Recovered(
            service=name,
            rto=declared.rto,
            rpo=declared.rpo,
            mtd=declared.mtd,
            took=max(moments) - began if len(moments) == len(own) else None,
            answered_for=tuple(task for task in own if run.known(task).stage is Stage.OVERRIDDEN),
            measured=run.measured.get(name),
        )


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
