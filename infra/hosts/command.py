"""One command on one host, as data: what it wrote, how it ended, or why it was not run."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from city.errors import Failed, NeedsPerson
from city.outcome import Outcome, Status
from infra.hosts.access import Access, Dial
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from infra.hosts.session import Ran, session, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`ran` is None where nothing was run, or nobody saw how it ended; `outcome` says which."""

    outcome: Outcome
    ran: Ran | None = None

    def as_json(self) -> dict[str, object]:
        """As the outcome, with exit, stdout, stderr, cut; these are null where the end was not seen."""
        ran = self.ran
        return {
            **self.outcome.as_json(),
            "exit": ran and ran.exit,
            "stdout": ran and ran.stdout,
            "stderr": ran and ran.stderr,
            "cut": ran and ran.cut,
        }


def run(host: Host, access: Access, command: Sequence[str], dial: Dial | None = None) -> Answer:
    """Any exit code but 0 is a failure; an end that nobody saw is unknown. Raises nothing of the host's."""
    begun = time.monotonic()
    try:
        with session(host, access, dial) as standing:
            ran = standing.run(words(command))
    except (Failed, NeedsPerson) as error:
        return Answer(outcome=unseen(str(host), error, time.monotonic() - begun))
    status = Status.FAILED if ran.exit else Status.CHANGED
    reason = f"exit {ran.exit}" if ran.exit else ""
    took = time.monotonic() - begun
    return Answer(outcome=Outcome(subject=str(host), status=status, reason=reason, duration_s=took), ran=ran)


def unseen(subject: str, error: Failed | NeedsPerson, took_s: float = 0.0) -> Outcome:
    """What is known not to have been done failed; what may have been done is unknown."""
    status = Status.FAILED if isinstance(error, Failed) else Status.UNKNOWN
    return Outcome(subject=subject, status=status, reason=f"{error.problem}. {error.remedy}", duration_s=took_s)


def left_out(missing: Unreached) -> Outcome:
    """Of a server that cannot be asked: nothing was run. Of a site that tells nothing, nobody knows what it has."""
    return Outcome(
        subject=missing.name, status=Status.UNKNOWN if missing.lost else Status.FAILED, reason=missing.reason
    )
