"""Run an Ansible playbook against devices."""

from pathlib import Path

import click

from asty import lab_access, outcomes
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode, InvalidInput
from city.outcome import exit_code
from network.selection import select
from network.transports.ansible import run_playbook


@click.command("playbook")
@click.argument("name", default="baseline")
@click.option("--select", "selection", multiple=True, metavar="KEY=VALUE,...", help="Devices; else every switch.")
@click.option("--check", is_flag=True, help="Say what would change; change nothing.")
@json_option
@click.pass_obj
def command(call: Call, name: str, selection: tuple[str, ...], *, check: bool) -> ExitCode:
    """Run playbooks/NAME.yml by ansible-runner; a device that no collection knows is left out, and said so.

    Exit 1 where a device failed, 4 where one is unknown. JSON: exit_code, tally, outcomes.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    playbook = find(workspace.project / "playbooks", name)
    devices = select(city, selection) if selection else city.switches
    with call.screen.counting("playing", len(devices)) as advance:
        done = run_playbook(
            playbook,
            city,
            devices,
            lab_access.inventory(workspace, city),
            workspace=workspace.home,
            check=check,
            on_outcome=lambda outcome: advance(outcome.subject),
        )
    call.screen.result(outcomes.as_json(done), outcomes.lines(done))
    return exit_code(done)


def find(folder: Path, name: str) -> Path:
    """The playbook of this name. Raises InvalidInput naming those that there are."""
    known = {path.stem: path for path in folder.glob("*.yml")}
    if name not in known:
        raise InvalidInput(f"playbook {name}", "there is none of this name", f"There is {', '.join(sorted(known))}.")
    return known[name]
