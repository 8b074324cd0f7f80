"""What can go wrong, each kind with the exit code that a shell or an on-call script can act on.

AstyError
├── Failed        the work was done and did not succeed          exit 1
├── InvalidInput  a file, option or value is wrong; nothing done  exit 2
├── Refused       a guard said no; nothing done                   exit 3
└── NeedsPerson   the state is unknown; somebody must look        exit 4
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import ClassVar

from city.foreign import one_line, visible


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    INVALID = 2
    REFUSED = 3
    UNKNOWN = 4


class AstyError(Exception):
    """`thing` is what it concerns, `problem` what happened to it, `remedy` what to do now."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, thing: str, problem: str, remedy: str) -> None:
        super().__init__(visible(f"{thing}: {problem}. {remedy}"))
        self.thing, self.problem, self.remedy = thing, problem, remedy


class Failed(AstyError):  # noqa: N818 - a sentence with its subject: "push failed"
    exit_code = ExitCode.FAILED


class InvalidInput(AstyError):  # noqa: N818 - as above
    exit_code = ExitCode.INVALID


class Refused(AstyError):  # noqa: N818 - as above
    exit_code = ExitCode.REFUSED


class NeedsPerson(AstyError):  # noqa: N818 - as above
    exit_code = ExitCode.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Defect:
    """One thing wrong in the city's data, at the place where a person mends it."""

    file: Path
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return one_line(f"{self.file}:{self.line}: {self.problem}. {self.remedy}")


class InvalidCity(InvalidInput):
    """Every defect found in the city's data; none of it is used."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        self.defects = tuple(sorted(defects))
        count = len(self.defects)
        super().__init__(
            "the city's data",
            f"{count} defect{'s' if count != 1 else ''}",
            "Mend each line named below and run `asty check` again.",
        )
