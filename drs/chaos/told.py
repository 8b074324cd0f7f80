"""What an experiment found, for a person and as JSON with stable keys. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from city.errors import ExitCode
from drs.chaos.experiment import Found

_HELD = {True: "held", False: "BROKEN", None: "unknown"}


def as_json(drill: str, mode: str, seed: int, found: Found) -> dict[str, Any]:
    """Moments are ISO 8601, null where they never came; an invariant's `held` is null where nobody can tell."""
    strike = found.strike
    return {
        "drill": drill,
        "mode": mode,
        "seed": seed,
        "fault": {
            "name": strike.name,
            "step": strike.task,
            "phase": strike.phase.value,
            "site": strike.role.value,
            "service": strike.service,
            "options": dict(strike.options),
            "begun": _moment(found.struck),
            "ended": _moment(found.cleared),
        },
        "conducted": list(found.conducted),
        "over": found.over,
        "invariants": [{"invariant": one.invariant, "held": one.held, "seen": one.seen} for one in found.held],
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def lines(drill: str, mode: str, seed: int, found: Found) -> Iterator[str]:
    strike = found.strike
    when = f"{found.struck:%H:%M:%S} UTC" if found.struck else "never: the drill did not come so far"
    yield f"seed {seed}: {mode} {drill}; when {strike.task} was {strike.phase} ({when}): {strike.told}"
    yield from (f"{_HELD[one.held]:8} {one.invariant} ({one.seen})" for one in found.held)
    by = ", then ".join(found.conducted)
    yield f"the drill is {'over, every step proven' if found.over else 'not over: somebody has to look'}; by {by}"


def exit_code(found: Found) -> ExitCode:
    """Failed where an invariant is broken; unknown where nobody can tell, nothing befell, or the drill is not over."""
    if any(one.held is False for one in found.held):
        return ExitCode.FAILED
    clear = found.struck and found.over and all(one.held for one in found.held)
    return ExitCode.DONE if clear else ExitCode.UNKNOWN
