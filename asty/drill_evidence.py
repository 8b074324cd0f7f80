"""What stays of a drill for those who were not there: `asty drill report`, `verify` and `stamp`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_options import which
from asty.letters import LETTERS
from city.errors import ExitCode, InvalidInput
from drs.drill import stamps
from drs.drill.folder import Kept
from drs.drill.status import exit_code
from drs.drill.verified import Verified, unchanged, verified
from drs.report.facts import Facts, facts_json, of_journal
from drs.report.page import page
from drs.report.pdf import NoLetters, pdf
from drs.report.words import Code
from lab.system import ensure


@click.command("report")
@which
@click.option("--language", type=click.Choice(["el", "en"]), default="el", show_default=True)
@click.option("--pdf", "as_pdf", is_flag=True, help="A tagged PDF, to be printed and filed, instead of a page of HTML.")
@json_option
@click.pass_obj
def report(call: Call, name: str | None, language: Code, *, as_pdf: bool) -> ExitCode:
    """Write the report of a drill among the evidence, from its journal alone; say where it is.

    What was promised and measured for each service, who agreed, who answered for what, what failed, what has to be
    done, each step with its proof. The same journal makes the same file. Exit codes are those of `status`.
    """
    kept = shared(call).find(name)
    facts = _facts(kept)
    file = call.prepared().evidence / f"{kept.name}.{language}.{'pdf' if as_pdf else 'html'}"
    made = page(facts, language)
    _write(file, _printed(call, made, facts.head) if as_pdf else made.encode())
    call.screen.result({**facts_json(facts), "file": str(file)}, [str(file)])
    return exit_code(facts.run)


def _printed(call: Call, made: str, head: str) -> bytes:
    """Installs what draws letters where it is missing, as the lab installs what it needs."""
    try:
        return pdf(made, head)
    except NoLetters:
        ensure(LETTERS, call.screen.line)
        return pdf(made, head)


def _facts(kept: Kept) -> Facts:
    journal = kept.journal()
    if not journal.entries:
        raise _not_begun(kept)
    unchanged(kept, journal.run.plan)
    return of_journal(kept.name, load(kept.city), journal.run, journal.entries, journal.head)


def _not_begun(kept: Kept) -> InvalidInput:
    return InvalidInput(f"drill {kept.name}", "it has not begun", "Begin it with `asty drill resume`.")


def _write(file: Path, content: bytes) -> None:
    """Its owner's alone."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)


@click.command("verify")
@which
@click.option("--head", help="The digest of its last line, as somebody wrote it down when the drill was over.")
@json_option
@click.pass_obj
def verify(call: Call, name: str | None, head: str | None) -> ExitCode:
    """Prove that nobody changed the journal of a drill: each line, the plan, the city's data beside it, its signatures
    and its time stamps.

    Exit 0 where all of it holds and somebody vouches for the last line as well: the digest given, an outside time
    stamp, or this machine's own memory. Exit 4 where nobody does, and for whatever was changed, by its line.
    JSON: drill, journal (its file), entries, head, closed, torn_bytes, signed, stamps (line, at, file), vouched.
    """
    kept = shared(call).find(name)
    journal = kept.journal()
    unchanged(kept, journal.run.plan)
    found = verified(kept, journal, load(kept.city).drilling.timestamps, head)
    call.screen.result(_as_json(kept.name, journal.path, found), _lines(kept.name, journal.path, found))
    return ExitCode.DONE if found.vouched else ExitCode.UNKNOWN


def _as_json(name: str, journal: Path, found: Verified) -> dict[str, Any]:
    stamps = [{"line": one.line, "at": one.at.isoformat(), "file": str(one.file)} for one in found.stamps]
    return {
        "drill": name,
        "journal": str(journal),
        "entries": found.entries,
        "head": found.head,
        "closed": found.closed,
        "torn_bytes": found.torn,
        "signed": found.signed,
        "stamps": stamps,
        "vouched": list(found.vouched),
    }


def _lines(name: str, journal: Path, found: Verified) -> Iterator[str]:
    yield f"drill {name}: {found.entries} entries, each as it was written; {found.signed} of them signed"
    yield f"journal {journal}"
    if found.torn:
        yield f"after them, {found.torn} bytes that a power cut left half written: nothing was done by them"
    yield from (f"line {one.line} was there at {one.at:%Y-%m-%d %H:%M:%S} UTC ({one.file})" for one in found.stamps)
    yield f"head {found.head}"
    yield from (f"the last line is vouched for by {who}" for who in found.vouched)
    if not found.vouched:
        yield "nobody vouches for the last line: give --head with the digest that was written down"


@click.command("stamp")
@which
@json_option
@click.pass_obj
def stamp(call: Call, name: str | None) -> ExitCode:
    """Have the last line of a drill's journal stamped by the authority of city.yaml (RFC 3161).

    A drill does so by itself at its end; this is for when the authority did not answer then. JSON: line, at, file.
    """
    kept = shared(call).find(name)
    by = load(kept.city).drilling.timestamps
    if by is None:
        remedy = "Declare `drills: timestamps` in city.yaml before the next drill."
        raise InvalidInput(f"drill {kept.name}", "its city names no authority that stamps times", remedy)
    if not (heads := kept.journal().heads):
        raise _not_begun(kept)
    made = stamps.stamp(kept.folder / "stamps", heads, by)
    told = {"line": made.line, "at": made.at.isoformat(), "file": str(made.file)}
    call.screen.result(told, [f"line {made.line} stamped at {made.at:%Y-%m-%d %H:%M:%S} UTC: {made.file}"])
    return ExitCode.DONE


COMMANDS = (report, verify, stamp)
