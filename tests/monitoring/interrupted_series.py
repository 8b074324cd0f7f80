"""A process to be killed: it does one thing to a store of series, once for each point where it may be interrupted.

    interrupted_series.py TASK FOLDER    TASK is a name in TASKS; makes FOLDER/0, FOLDER/1 ...
    interrupted_series.py endless FOLDER    appends for ever; prints the number of each cycle that is kept

A fork dies by SIGKILL just before its n-th call that reaches disk or database; the last one lives to the end.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import FrameType

from city.clock import FixedClock
from monitoring.series.store import ParquetSeries

HOUR = datetime(2030, 1, 1, 10, tzinfo=UTC)
NEXT = HOUR + timedelta(hours=2)
MUCH_LATER = HOUR + timedelta(hours=3)
CYCLES = 4
_REACHING = {"execute", "executemany", "fsync", "replace", "unlink"}


def cycle(number: int) -> dict[str, dict[str, float]]:
    return {device: {"sysUpTime": float(number), f"odd[row={number % 2}]": 1.0} for device in ("ap-1", "ap-2")}


def moment(number: int) -> datetime:
    return HOUR + timedelta(minutes=number)


def prepare(folder: Path, task: str) -> None:
    store = ParquetSeries(folder, FixedClock(HOUR))
    for number in range(CYCLES):
        store.append(moment(number), cycle(number))
    if task == "delete":
        store.compact(NEXT)


def _append(store: ParquetSeries) -> None:
    store.append(moment(CYCLES), cycle(CYCLES))


def _compact(store: ParquetSeries) -> None:
    store.compact(NEXT)


def _delete(store: ParquetSeries) -> None:
    """Put together before; now what was replaced goes."""
    store.compact(MUCH_LATER)


TASKS: dict[str, Callable[[ParquetSeries], None]] = {"append": _append, "compact": _compact, "delete": _delete}


class _Killer:
    def __init__(self, point: int) -> None:
        self._left = point

    def __call__(self, _frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in _REACHING:
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1


def _once(task: str, template: Path, point: int) -> bool:
    """Whether it came to its end alive."""
    folder = template.with_name(str(point))
    shutil.copytree(template, folder)
    child = os.fork()
    if not child:
        store = ParquetSeries(folder, FixedClock(HOUR))
        sys.setprofile(_Killer(point))
        TASKS[task](store)
        sys.setprofile(None)
        os._exit(0)
    return os.WIFEXITED(os.waitpid(child, 0)[1])


def _everywhere(task: str, folder: Path) -> None:
    template = folder / "template"
    prepare(template, task)
    next(point for point in count() if _once(task, template, point))
    shutil.rmtree(template)


def _endless(folder: Path) -> None:
    store = ParquetSeries(folder, FixedClock(HOUR))
    for number in count():
        store.append(moment(number), cycle(number))
        print(number, flush=True)  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    if sys.argv[1] == "endless":
        _endless(Path(sys.argv[2]))
    _everywhere(sys.argv[1], Path(sys.argv[2]))
