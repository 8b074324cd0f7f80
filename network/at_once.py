"""Work on many devices at the same time; none waits for another."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

Done = TypeVar("Done")


def at_once(work: Mapping[str, Callable[[], Done]], workers: int, told: Callable[[str, Done], None]) -> dict[str, Done]:
    """What became of each, by device; `told` hears of them as they end, in this thread.

    Raises what a task raises. Then, and at Ctrl-C, what has begun is waited for and nothing more begins.
    """
    found: dict[str, Done] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="device") as pool:
        try:
            waiting = {pool.submit(task): device for device, task in work.items()}
            for done in as_completed(waiting):
                found[waiting[done]] = done.result()
                told(waiting[done], done.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found
