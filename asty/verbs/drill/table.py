"""Every service: what is promised for its recovery, and what a drill measured of it."""

from collections.abc import Iterator, Sequence

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import known
from asty.drill_past import every_drill
from city.errors import ExitCode
from city.model.city import City
from drs.report.table import HEADS, Row, as_json, cells, markdown, rows


@click.command("table")
@click.option("--markdown", "as_markdown", is_flag=True, help="As a table for a manual.")
@json_option
@click.pass_obj
def command(call: Call, *, as_markdown: bool) -> ExitCode:
    """Show each service with RTO, RPO and MTD as promised, and outage and loss as a client outside measured them last.

    The newest drill of any mode that measured a service counts, and is named. What nobody measured is said so, and
    never guessed from steps. Of files, the age of the copy that was brought tells how much is missing at most.
    JSON: services, each with the keys of a report's services, and drill, mode, at.
    """
    city = load(call.prepared().city_folder)
    found = rows(city, every_drill(known(call.prepared(), call.screen.line)))
    call.screen.result(
        {"services": [as_json(row) for row in found]}, markdown(city, found) if as_markdown else _lines(city, found)
    )
    return ExitCode.DONE


def _lines(city: City, found: Sequence[Row]) -> Iterator[str]:
    """In columns as wide as their widest text."""
    told = [HEADS, *(cells(city, row) for row in found)]
    widths = [max(len(line[column]) for line in told) for column in range(len(HEADS))]
    for line in told:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
