"""Prove that nobody changed the journal of a drill."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_options import which
from city.errors import ExitCode
from drs.drill.verified import Verified, unchanged, verified


@click.command("verify")
@which
@click.option("--head", help="The digest of its last line, as somebody wrote it down when the drill was over.")
@json_option
@click.pass_obj
def command(call: Call, name: str | None, head: str | None) -> ExitCode:
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
