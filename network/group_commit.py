"""Many threads, one disk: what waits to be written goes out in one transaction with one sync.

A thread returns when its own work is on the disk. While one thread commits, the others queue up;
the first of them to get its turn takes the whole queue along.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

Work = Callable[[Connection], None]


@dataclass(slots=True)
class _Ticket:
    work: Work
    done: bool = False
    error: Exception | None = None


class GroupCommit:
    """`write` is for any thread. Work that fails takes its whole transaction with it: each of its threads raises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn, self._queueing = threading.Lock(), threading.Lock()
        self._queue: list[_Ticket] = []

    def write(self, work: Work) -> None:
        """Do `work` in a transaction, perhaps among others; on return it is committed."""
        mine = _Ticket(work)
        with self._queueing:
            self._queue.append(mine)
        with self._turn:
            if not mine.done:
                self._take_along()
        if mine.error is not None:
            raise mine.error

    def _take_along(self) -> None:
        with self._queueing:
            tickets, self._queue = self._queue, []
        try:
            with self._engine.begin() as database:
                for ticket in tickets:
                    ticket.work(database)
        except Exception as error:  # noqa: BLE001 - it is raised in each thread whose work it was
            for ticket in tickets:
                ticket.error = error
        for ticket in tickets:
            ticket.done = True
