"""What the ledger writes in a cycle that sees nothing new: `python -m tests.bench.ledger [SUBJECTS]`.

Every subject has a history of forty looks, a fifth of which changed its state, so that what was seen last of each lies
far apart on the disk. Counted are all bytes that the process writes: the write-ahead log, and the database itself
where the log is copied into it.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger

_START, _REACH = datetime(2030, 1, 1, tzinfo=UTC), timedelta(seconds=75)
_AGED, _CYCLES, _CHANGES = 40, 10, 0.2


def cycle(subjects: int) -> tuple[float, float]:
    """Megabytes written and CPU seconds, for one cycle."""
    random, states = Random(1), [State.UP] * subjects  # noqa: S311 - a repeatable choice
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.sqlite", "town") as ledger:
        for number in range(_AGED):
            for subject in range(subjects):
                if random.random() < _CHANGES:
                    states[subject] = State.DOWN if states[subject] is State.UP else State.UP
            _look(ledger, number, states)
        written, cpu = _written(), time.process_time()
        for number in range(_AGED, _AGED + _CYCLES):
            _look(ledger, number, states)
        return (_written() - written) / 1e6 / _CYCLES, (time.process_time() - cpu) / _CYCLES


def _look(ledger: Ledger, number: int, states: list[State]) -> None:
    start = _START + number * timedelta(seconds=60)
    ledger.observe(
        Observation(
            subject=f"device:ap-{n:05d}",
            at=start + timedelta(milliseconds=n * 7919 % 3000),
            state=state,
            reach=_REACH,
            evidence=f"sysUpTime {number * 60} s",
        )
        for n, state in enumerate(states)
    )


def _written() -> int:
    """By this process so far, proc(5)."""
    [line] = [line for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines() if "wchar" in line]
    return int(line.split()[1])


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 14_000
    megabytes, seconds = cycle(count)
    print(f"{count} subjects, nothing new: {megabytes:.2f} MB and {seconds:.2f} CPU s a cycle")  # noqa: T201 - its output
