"""All tests as two runs of pytest side by side: `python -m tests.together [arguments of pytest]`.

What needs the lab waits for clouds and devices most of the time, and goes on in its order; all the rest has the
processor meanwhile, and is shown when it is done.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from types import FrameType
from typing import IO, NoReturn

import pytest

PYTEST = (sys.executable, "-m", "pytest")
SHARE = "--share="
_FINE = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


class Share(StrEnum):
    """What one of the two runs takes."""

    LAB = "lab"
    WITHOUT_LAB = "without-lab"


def main(arguments: Sequence[str]) -> int:
    """Returns what pytest would have returned for all of them: of two failures, the first."""
    with tempfile.TemporaryFile("w+") as said:
        runs = [_run(Share.LAB, arguments, None), _run(Share.WITHOUT_LAB, arguments, said)]
        try:
            _await(runs)
        except SystemExit:
            for run in runs:
                run.send_signal(signal.SIGINT)
            raise
        except KeyboardInterrupt:  # it came to them as well
            pass
        finally:
            _await(runs)  # each ends what it started
            said.seek(0)
            shutil.copyfileobj(said, sys.stdout)
            sys.stdout.flush()
    codes = [run.returncode for run in runs]
    return next((code for code in codes if code not in _FINE), min(codes))


def _await(runs: Sequence[subprocess.Popen[str]]) -> None:
    for run in runs:
        run.wait()


def _run(share: Share, arguments: Sequence[str], output: IO[str] | None) -> subprocess.Popen[str]:
    command = [*PYTEST, f"{SHARE}{share}", *arguments]
    return subprocess.Popen(command, stdout=output, stderr=output, text=True)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:]))
