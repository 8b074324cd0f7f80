"""Work on many devices at the same time; none waits for another."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from threading import Event
from typing import TypeVar

Done = TypeVar("Done")


def at_once(
    work: Mapping[str, Callable[[], Done]],
    workers: int,
    told: Callable[[str, Done], None],
    stop: Event,
    grace_s: float = 0.0,
) -> dict[str, Done]:
    """What became of each, by device; `told` hears of them as they end, in this thread.

    Raises what a task raises. Then, and at Ctrl-C, nothing more begins, and what has begun may go on for `grace_s`
    seconds; after that `stop` is set, with which every deadline of these tasks has come. Work that only looks
    at devices needs no grace; work that changes them leaves fewer devices half-way with some.
    """
    found: dict[str, Done] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="device") as pool:
        waiting = {pool.submit(task): device for device, task in work.items()}
        try:
            for done in as_completed(waiting):
                found[waiting[done]] = done.result()
                told(waiting[done], done.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            try:
                if grace_s:
                    wait([begun for begun in waiting if not begun.cancelled()], grace_s)
            finally:
                stop.set()
            raise
    return found
