"""A person's word in a drill: `asty drill approve`, `override` and `stop`, whoever conducts it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname

import asyncssh
import click

from asty.call import Call, json_option
from asty.drill_conduct import conduct
from asty.drill_known import drills, shared
from asty.drill_options import by_whom, key_of, which, why
from asty.drill_status import task_of, tell
from city.errors import ExitCode, InvalidInput, Refused
from drs.drill.entry import Approved, Opened, Overridden, Stopped
from drs.drill.folder import Kept
from drs.drill.signature import Locked, read_key, sign
from drs.drill.status import as_json, sentence


@click.command("approve")
@click.argument("steps", nargs=-1, required=True)
@click.option("--for", "minutes", type=click.IntRange(1, 24 * 60), default=30, show_default=True, help="Minutes.")
@which
@by_whom
@key_of
@json_option
@click.pass_obj
def approve(  # noqa: PLR0913 - one per option
    call: Call, steps: tuple[str, ...], *, minutes: int, name: str | None, by: str, key: Path | None
) -> ExitCode:
    """Agree that each STEP is done, if it begins in time. Two who agree are two names: yours is `--by`.

    Where the city declares `drills: approvers`, an agreement counts only with a signature by the key declared there.
    """
    now = datetime.now(UTC)
    until = now + timedelta(minutes=minutes)
    return _add(call, name, *(Approved(at=now, by=by, task=step, until=until) for step in steps), key=key)


@click.command("override")
@click.argument("steps", nargs=-1, required=True)
@why
@which
@by_whom
@key_of
@json_option
@click.pass_obj
def override(  # noqa: PLR0913 - one per option
    call: Call, steps: tuple[str, ...], *, reason: str, name: str | None, by: str, key: Path | None
) -> ExitCode:
    """Answer by name for going on as if each STEP were proven, where nothing can prove it any more."""
    now = datetime.now(UTC)
    return _add(call, name, *(Overridden(at=now, by=by, task=step, reason=reason) for step in steps), key=key)


@click.command("stop")
@why
@which
@by_whom
@json_option
@click.pass_obj
def stop(call: Call, *, reason: str, name: str | None, by: str) -> ExitCode:
    """Begin no further step; what is under way comes to its end, and what was done stays done."""
    _opened(call, name, by)
    code = _add(call, name, Stopped(at=datetime.now(UTC), by=by, reason=reason), quiet=True)
    try:
        with shared(call).conducting() as kept:
            return conduct(call, kept.find(name), by)  # nobody conducts it: it is closed here
    except Refused:
        tell(call, drills(call).find(name))
        return code


def _opened(call: Call, name: str | None, by: str) -> None:
    """A drill that was made, and died before its first line, begins: else it could never be over."""
    if shared(call).find(name).journal().run.opened:
        return
    with shared(call).conducting() as kept:
        one, at = kept.find(name), datetime.now(UTC)
        journal = one.shared()
        mode, plan = journal.run.plan.mode, journal.run.plan.digest
        if journal.run.opened is None:
            journal.append(Opened(at=at, by=by, drill=one.name, mode=mode, plan=plan, machine=gethostname()))


def _add(
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
        private = _key_of(kept, key)
        told = tuple(sign(kept.name, plan.digest, one, private) for one in signed)
    journal.append(*told)
    for entry in told:
        call.screen.line(sentence(entry))
    return ExitCode.DONE if quiet else _tell_done(call, kept)


def _key_of(kept: Kept, file: Path | None) -> asyncssh.SSHKey:
    if file is None:
        remedy = "Give `--key` with the file of your private SSH key."
        raise InvalidInput(f"drill {kept.name}", "who agrees to its steps signs", remedy)
    try:
        return read_key(file)
    except Locked:
        return read_key(file, click.prompt(f"Passphrase of {file}", hide_input=True, err=True))


def _tell_done(call: Call, kept: Kept) -> ExitCode:
    journal, now = kept.journal(), datetime.now(UTC)
    call.screen.result(as_json(kept.name, journal.run, journal.head, now), ())
    return ExitCode.DONE


COMMANDS = (approve, override, stop)
