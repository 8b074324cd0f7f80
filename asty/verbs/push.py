"""Bring devices to their intended configuration."""

from collections.abc import Sequence

import click

from asty import outcomes
from asty.call import Call, json_option
from asty.city_data import load
from asty.tree import device_tree
from asty.world import devices
from city.errors import ExitCode
from city.outcome import Outcome, exit_code
from network.limits import Limits


@click.command("push")
@click.option("--select", "selection", multiple=True, metavar="KEY=VALUE,...", help="id, site, tag or platform.")
@click.option("--dry-run", is_flag=True, help="Show how they differ; change nothing.")
@click.option("--resume", is_flag=True, help="Settle all that a push that was cut off left in the middle.")
@click.option("--workers", type=click.IntRange(1, 256), default=Limits().workers, show_default=True, help="At once.")
@json_option
@click.pass_obj
def command(call: Call, selection: tuple[str, ...], *, dry_run: bool, resume: bool, workers: int) -> ExitCode:
    """Compare, push, read back: all devices, or a selection (a comma narrows, a further --select widens).

    Exit 1 where a device failed, 4 where one is unknown. JSON: exit_code, tally, outcomes; with --dry-run
    city, fingerprint, entries.
    """
    if resume and (dry_run or selection):
        raise click.UsageError("--resume settles whatever was left in the middle: without --select and --dry-run.")
    workspace = call.prepared()
    chosen = devices(workspace, load(workspace.city_folder), call.screen, selection, Limits(workers=workers))
    if resume:
        return _show(call, chosen.resume())
    plan = chosen.plan()
    if dry_run:
        call.screen.result(plan.as_json(), device_tree(plan))
        return ExitCode.DONE
    return _show(call, chosen.push(plan))


def _show(call: Call, done: Sequence[Outcome]) -> ExitCode:
    call.screen.result(outcomes.as_json(done), outcomes.lines(done))
    return exit_code(done)
