"""Try the ports of every host from every network, and hold what answers against what the city declares."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from asty import lab_access, outcomes, scanning
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from city.outcome import Outcome, exit_code
from infra.hosts.access import Bounds
from infra.hosts.scan import EVERY, Spot, chosen, heard, judged, question
from infra.reach import connection
from infra.stacks import Program, stacks
from network.at_once import at_once

_LONGEST_S = 3600.0
"""For every port of a city, on a machine that has other work too."""


@click.command("scan")
@click.option("--all-ports", is_flag=True, help="All 65,535, which takes minutes for each host; else some 1,100.")
@click.option("--within", type=click.FloatRange(0.1, 10), default=1.0, show_default=True, help="Seconds for an answer.")
@click.option("--user", default="root", show_default=True, help="As whom on the hosts.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The private key that opens them; else those of the SSH agent.",
)
@json_option
@click.pass_obj
def command(call: Call, within: float, user: str, identity: Path | None, *, all_ports: bool) -> ExitCode:
    """Try the ports of every host and balancer from the street, and from every network of both sites that has a host
    of ours. Whatever answers must be declared for who asked: by a flow, a role or the site's own rules. Change nothing.

    Exit 1 where something answers that nobody declared, 4 where somebody or some site could not be asked.
    JSON: exit_code, tally, outcomes.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    access = lab_access.hosts(workspace, user, identity, Bounds(run_s=_LONGEST_S))
    clouds = lab_access.params(workspace).clouds_yaml
    hosted = [stack for stack in stacks(city) if stack.program is Program.WORKLOADS]
    with call.screen.step("asking the clouds what is there"), ThreadPoolExecutor(len(hosted)) as pool:
        found = list(pool.map(lambda one: scanning.ground(city, one, partial(connection, one, clouds), access), hosted))
    targets = [target for site in found for target in site.targets]
    near = lab_access.spots(workspace, city, _LONGEST_S)
    spots: list[Spot] = [*near, *(spot for site in found for spot in site.spots)]
    asked = question(targets, EVERY if all_ports else chosen(targets), within)
    tasks = {spot.name: partial(heard, spot, targets, asked) for spot in spots}
    with call.screen.counting(f"trying {len(targets)} addresses", len(tasks)) as advance:
        said = at_once(tasks, len(tasks), lambda name, _: advance(name), access.stop)
    told = [one for one in said.values() if not isinstance(one, Outcome)]
    done = [
        *(judged(target, [one[target.address] for one in told]) for target in targets),
        *(one for one in said.values() if isinstance(one, Outcome)),
        *(one for site in found for one in site.unseen),
    ]
    kept = [f"{one.status:8} {one.subject}: {one.evidence}" for one in done if one.status.value == "ok"]
    call.screen.result(outcomes.as_json(done), [*kept, *outcomes.lines(done)])
    return exit_code(done)
