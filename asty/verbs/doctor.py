"""What is missing on this machine, and how to get it."""

import click

from asty import upkeep, workers
from asty.call import Call, json_option
from asty.city_data import load
from asty.machine import inspect, judge
from asty.workers import WORKERS
from asty.workspace import Workspace
from city.errors import ExitCode, InvalidInput
from city.model.retention import Retention


@click.command("doctor")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Look at programs, Debian packages, memory, disk and ports; change nothing.

    Say, too, how long the city keeps what is observed. Exit 0 where `asty up` can run (what it can install itself does
    not count), 1 where something stands in its way. JSON: ready, findings (thing, needed_for, met, blocking, found,
    remedy), retention (days by what is kept; null where the city's data cannot be read).
    """
    workspace = call.workspace
    ours = (workspace.lab_root / "lab.json").exists() or any(workers.running(workspace, worker) for worker in WORKERS)
    findings = list(judge(inspect(workspace, lab_is_ours=ours)))
    ready = all(finding.met or not finding.blocking for finding in findings)
    lines = [f"{'ok' if f.met else 'missing':8} {f.thing:28} {f.found}" for f in findings]
    remedies = [f"{f.thing} (for {f.needed_for}): {f.remedy}." for f in findings if not f.met]
    retention = _retention(workspace)
    kept = upkeep.lines(retention) if retention else ["unknown  retention: see `asty check`"]
    call.screen.result(
        {
            "ready": ready,
            "findings": [f.as_json() for f in findings],
            "retention": upkeep.as_json(retention) if retention else None,
        },
        [*lines, *kept, *remedies],
    )
    return ExitCode.DONE if ready else ExitCode.FAILED


def _retention(workspace: Workspace) -> Retention | None:
    try:
        return load(workspace.city_folder).retention
    except InvalidInput:
        return None
