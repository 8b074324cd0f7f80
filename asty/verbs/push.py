"""Bring devices to their intended configuration."""

import click

from asty import outcomes, sites
from asty.call import Call, json_option
from asty.screen import Screen
from city.clock import SystemClock
from city.errors import ExitCode
from city.inventory import Inventory
from city.load import load
from city.outcome import Outcome, exit_code
from network import push
from network.journal import Journal
from network.limits import Limits
from network.plan import plan
from network.selection import select
from network.transports.netmiko import NetmikoTransport


@click.command("push")
@click.option("--select", "selection", multiple=True, metavar="KEY=VALUE,...", help="id, site, tag or platform.")
@click.option("--dry-run", is_flag=True, help="Show how they differ; change nothing.")
@click.option("--resume", is_flag=True, help="Settle what a push that was cut off left in the middle.")
@click.option("--workers", type=click.IntRange(1, 256), default=Limits().workers, show_default=True, help="At once.")
@json_option
@click.pass_obj
def command(call: Call, selection: tuple[str, ...], *, dry_run: bool, resume: bool, workers: int) -> ExitCode:
    """Compare, push, read back: to all devices, or to a selection (--select may be repeated).

    Exit 1 where a device failed, 4 where one is unknown. JSON: exit_code, tally, outcomes.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    inventory = sites.inventory(workspace, city)
    limits, transport = Limits(workers=workers), NetmikoTransport()
    journal = Journal(workspace.journal, SystemClock())
    if resume:
        done = _resume(call.screen, journal, inventory, limits)
    else:
        devices = select(city, selection)
        with call.screen.counting("looking", len(devices)) as advance:
            looked: list[Outcome] = []

            def told(outcome: Outcome) -> None:
                looked.append(outcome)
                advance(outcome.subject)

            planned = plan(city, devices, inventory, transport=transport, limits=limits, on_outcome=told)
        if dry_run:
            done = tuple(sorted(looked, key=lambda outcome: [d.id for d in devices].index(outcome.subject)))
        else:
            with call.screen.counting("pushing", len(devices)) as advance:
                done = push.push(
                    planned,
                    inventory,
                    transport=transport,
                    journal=journal,
                    limits=limits,
                    on_outcome=lambda outcome: advance(outcome.subject),
                )
    call.screen.result(outcomes.as_json(done), outcomes.lines(done))
    return exit_code(done)


def _resume(screen: Screen, journal: Journal, inventory: Inventory, limits: Limits) -> tuple[Outcome, ...]:
    with screen.counting("settling", len(journal.unfinished())) as advance:
        return push.resume(
            journal,
            inventory,
            transport=NetmikoTransport(),
            limits=limits,
            on_outcome=lambda outcome: advance(outcome.subject),
        )
