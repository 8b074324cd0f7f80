"""A person's word in a drill, whoever conducts it."""

from datetime import UTC, datetime
from pathlib import Path

from asty.call import Call
from asty.drill_known import shared
from asty.drill_status import task_of
from city.errors import ExitCode
from drs.drill.entry import Approved, Overridden, Stopped
from drs.drill.folder import Kept
from drs.drill.status import as_json, sentence


def add(
    call: Call,
    name: str | None,
    *entries: Approved | Overridden | Stopped,
    quiet: bool = False,
    key: Path | None = None,
) -> ExitCode:
    """Write the entries into the journal that another process may be conducting: all of them, or none."""
    kept = shared(call).find(name)
    journal = kept.shared()
    plan, told = journal.run.plan, entries
    signed = [entry for entry in entries if not isinstance(entry, Stopped)]
    for asked in signed:
        task_of(kept.name, plan, asked.task)
    if signed and plan.keys:
        from asty.drill_signing import by_key  # noqa: PLC0415 - its library takes long to load; few plans name keys

        told = by_key(kept.name, plan, signed, key)
    journal.append(*told)
    for entry in told:
        call.screen.line(sentence(entry))
    return ExitCode.DONE if quiet else _tell_done(call, kept)


def _tell_done(call: Call, kept: Kept) -> ExitCode:
    journal, now = kept.journal(), datetime.now(UTC)
    call.screen.result(as_json(kept.name, journal.run, journal.head, now), ())
    return ExitCode.DONE
