"""A guest that ends by itself is seen at once, at no cost while all is still, and who wants to know of it hears."""

import os
import queue
import select
from collections.abc import Callable
from threading import Lock

from lab.hosts.life import Life

News = tuple[str, str]
"""A guest's id, and the state that it is in now; `deleted` where it is no more."""
DELETED = "deleted"


class Listeners:
    """Each hears every news from when it came."""

    def __init__(self) -> None:
        self._queues: list[queue.Queue[News]] = []
        self._lock = Lock()

    def add(self) -> "queue.Queue[News]":
        mine: queue.Queue[News] = queue.Queue()
        with self._lock:
            self._queues.append(mine)
        return mine

    def remove(self, mine: "queue.Queue[News]") -> None:
        with self._lock:
            self._queues.remove(mine)

    def tell(self, news: News) -> None:
        with self._lock:
            for each in self._queues:
                each.put(news)


class Watch:
    """Calls `ended` with the id of each guest whose shell ends (pidfd_open(2)); `look` makes it see new ones."""

    def __init__(self, life: Life, ended: Callable[[str], None]) -> None:
        self._life, self._ended = life, ended
        self._poll = select.epoll()
        self._wake = os.eventfd(0)
        self._watched: dict[int, tuple[str, int]] = {}
        self._poll.register(self._wake, select.EPOLLIN)

    def look(self) -> None:
        os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Until the process ends."""
        while True:
            self._see_new()
            for descriptor, _ in self._poll.poll():
                if descriptor == self._wake:
                    os.eventfd_read(self._wake)
                else:
                    guest_id, _pid = self._watched.pop(descriptor)
                    self._poll.unregister(descriptor)
                    os.close(descriptor)
                    self._ended(guest_id)

    def _see_new(self) -> None:
        known = {pid for _, pid in self._watched.values()}
        for folder in self._life.home.all():
            pid = self._life.groups.starter(folder.name)
            if pid is not None and pid not in known:
                try:
                    descriptor = os.pidfd_open(pid)
                except ProcessLookupError:
                    self._ended(folder.id)
                    continue
                self._watched[descriptor] = (folder.id, pid)
                self._poll.register(descriptor, select.EPOLLIN)
