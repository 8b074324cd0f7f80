"""Judges readiness anew every half hour, and after each change: done beside the worker's looks, one at a time."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from city.errors import AstyError

_LOG = logging.getLogger(__name__)
EVERY = timedelta(minutes=30)


@dataclass(slots=True, kw_only=True)
class Judging:
    """`begin` after each cycle: it returns at once. `judge` is called where half an hour has passed, or `state` is
    another than when it was called last, and the same as a cycle ago: nobody judges in the middle of a change."""

    judge: Callable[[datetime], None]
    state: Callable[[], str]
    _task: asyncio.Task[None] | None = None
    _judged: tuple[datetime, str] | None = None
    _seen: str | None = None

    def begin(self, now: datetime) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(asyncio.to_thread(self.work, now))

    async def ended(self) -> None:
        """Returns when what was begun is done."""
        if self._task is not None:
            await self._task

    def work(self, now: datetime) -> None:
        """Trouble is logged, and tried again when it is due: what was judged before stays, with its age."""
        try:
            state = self.state()
            settled, self._seen = state == self._seen, state
            if settled and (self._judged is None or now - self._judged[0] >= EVERY or self._judged[1] != state):
                self._judged = (now, state)
                self.judge(now)
        except (AstyError, OSError) as trouble:
            _LOG.error("readiness could not be judged: %s", trouble)
