"""Write the report of a drill, in Greek or English, as a page or as PDF."""

import os
from pathlib import Path

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_options import which
from asty.drill_status import not_begun
from asty.letters import LETTERS
from city.errors import ExitCode
from drs.drill.folder import Kept
from drs.drill.status import exit_code
from drs.drill.verified import unchanged
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
def command(call: Call, name: str | None, language: Code, *, as_pdf: bool) -> ExitCode:
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
        raise not_begun(kept)
    unchanged(kept, journal.run.plan)
    return of_journal(kept.name, load(kept.city), journal.run, journal.entries, journal.head)


def _write(file: Path, content: bytes) -> None:
    """Its owner's alone."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
