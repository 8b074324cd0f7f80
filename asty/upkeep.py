"""What keeps the stores of a workspace small: done beside the worker's looks, by one thread at a time."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from city.errors import AstyError
from city.model.retention import Retention
from monitoring.ledger.store import Ledger
from monitoring.series.store import ParquetSeries
from network.old_runs import forget_runs

_LOG = logging.getLogger(__name__)
_DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """`begin` after each cycle: it returns at once, and does nothing while the last one goes on."""

    series: ParquetSeries
    ledger: Ledger
    plans: Path
    journal: Path
    retention: Retention
    _task: asyncio.Task[None] | None = None
    _forgot: datetime | None = field(default=None)

    def begin(self, now: datetime) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(asyncio.to_thread(self.work, now))

    async def ended(self) -> None:
        """Returns when what was begun is done."""
        if self._task is not None:
            await self._task

    def work(self, now: datetime) -> None:
        """Trouble is logged, and the next cycle tries again: no look is lost for it."""
        try:
            self.series.compact(now)
            self.series.thin(now, every_value=self.retention.series_full, any_value=self.retention.series)
            if self._forgot is None or now - self._forgot >= _DAY:
                self.ledger.forget_evidence(now - self.retention.evidence)
                forget_plans(self.plans, now - self.retention.plans)
                forget_runs(self.journal, now - self.retention.pushes)
                self._forgot = now
        except (AstyError, OSError) as trouble:
            _LOG.error("the stores are not wholly kept small: %s", trouble)


def forget_plans(folder: Path, before: datetime) -> None:
    """Delete the plans that were kept in `folder` before then. Raises OSError."""
    for plan in folder.glob("*.json"):
        if plan.stat().st_mtime < before.timestamp():
            plan.unlink(missing_ok=True)


def lines(retention: Retention) -> list[str]:
    """How long what is kept, for eyes."""
    return [f"kept     {what:28} {days} days" for what, days in as_json(retention).items()]


def as_json(retention: Retention) -> dict[str, int]:
    """In whole days."""
    times = {
        "series_full": retention.series_full,
        "series": retention.series,
        "evidence": retention.evidence,
        "plans": retention.plans,
        "pushes": retention.pushes,
    }
    return {what: time.days for what, time in times.items()}
