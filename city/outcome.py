"""What happened to one device, resource or step when a plan ran. A failure is data, not an exception."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from city.errors import ExitCode


class Status(StrEnum):
    OK = "ok"  # as intended already; nothing was changed
    CHANGED = "changed"  # brought to what was intended, and read back
    FAILED = "failed"  # not as intended, and known to be so
    UNKNOWN = "unknown"  # could not be seen; never to be read as success
    SKIPPED = "skipped"  # left out on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`evidence` is what proves the status: a read-back digest, a diff, an address; never a secret."""

    subject: str
    status: Status
    reason: str = ""
    duration_s: float = 0.0
    evidence: str = ""

    def as_json(self) -> dict[str, str | float]:
        return {
            "subject": self.subject,
            "status": self.status.value,
            "reason": self.reason,
            "duration_s": round(self.duration_s, 3),
            "evidence": self.evidence,
        }


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """The code that a run ends with: unknown outweighs failed, failed outweighs the rest."""
    seen = {outcome.status for outcome in outcomes}
    if Status.UNKNOWN in seen:
        return ExitCode.UNKNOWN
    return ExitCode.FAILED if Status.FAILED in seen else ExitCode.DONE


def tally(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """How many of each status, every status present."""
    counts = dict.fromkeys(Status, 0)
    for outcome in outcomes:
        counts[outcome.status] += 1
    return counts
