"""The whole loop in the lab, ending with the promises and the dashboard."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import click

from asty import lab_access, observed, outcomes, telling, workers
from asty.applying import carry_out
from asty.call import Call, hosts_option, json_option
from asty.city_data import load
from asty.looking import look
from asty.one_at_a_time import one_at_a_time
from asty.screen import Screen
from asty.verbs.poll import look_once
from asty.workspace import Workspace
from asty.world import world
from city.errors import ExitCode
from city.model.city import City
from city.outcome import Outcome, exit_code
from infra.project import Project
from lab.left_out import LeftOut
from monitoring.figures.figure import as_json

_STARTS_WITHIN_S = 60.0
"""A host that was made just now shows its key on the console by then."""


@click.command("up")
@hosts_option
@json_option
@click.pass_obj
def command(call: Call, *, hosts: bool | None) -> ExitCode:
    """Start the lab, bring clouds and devices to the city, observe them once and then for good, serve the page.

    May be run again at any time: what is as it should be stays. Exit 1 or 4 where a resource or a device could
    not be brought to the city; all are observed all the same. A part of the lab that this machine does not allow
    is left out and told at the end. A second `asty up` or `asty apply` of the workspace is refused meanwhile.
    JSON: observed_in (lab or city), promises, dashboard, outcomes, left_out.
    """
    workspace = call.prepared()
    with one_at_a_time(workspace, "up"):
        return _up(workspace, call.screen, hosts=lab_access.to_have_hosts(workspace, hosts))


def _up(workspace: Workspace, screen: Screen, *, hosts: bool) -> ExitCode:
    with screen.step("the city's data"):
        city = load(workspace.city_folder)
        observed.open_ledger(workspace, city).close()  # refused now where it is another city's, not half-way
    with screen.step("lab and Pulumi"), ThreadPoolExecutor(2) as pool:
        tools = pool.submit(lab_access.project, workspace, screen.line, hosts=hosts)
        left_out = lab_access.lab(workspace, city, hosts=hosts).up(screen.line)
        project = tools.result()
    with screen.step("clouds and devices"):
        done = bring(workspace, city, screen, project, left_out)
    with screen.step("first look at devices and services"):
        look_once(workspace, city, screen)
    if hosts and telling.services(city):
        with screen.step("the city's own hosts that watch and show it"):
            done = [*done, *telling.tell(workspace, city, screen, _STARTS_WITHIN_S)]
    with screen.step("poller and dashboard"):
        address = start_workers(workspace)
    _show(workspace, city, screen, address, done, left_out)
    return exit_code(done)


def bring(
    workspace: Workspace, city: City, screen: Screen, project: Project, left_out: Sequence[LeftOut] = ()
) -> Sequence[Outcome]:
    """Plan and do it at once; nothing where nothing differs. Devices of a part that is left out are not asked."""
    there = world(workspace, city, screen, project, without=[device for part in left_out for device in part.devices])
    change = look(there, screen.line)
    done = [*([] if change.nothing else carry_out(change, there, screen.line)), *there.clouds.keep()]
    for line in outcomes.lines(done):
        screen.line(line)
    return done


def start_workers(workspace: Workspace) -> str:
    """Both anew, since the city may have changed; the dashboard's address once it answers.

    Raises Failed, naming the log, where one of them does not come to work.
    """
    workers.stop(workspace)
    poller = workers.start(workspace, workers.POLLER, os.environ)
    dashboard = workers.start(workspace, workers.DASHBOARD, os.environ)
    address = f"http://127.0.0.1:{workspace.dashboard_port}/"
    workers.await_work(workspace, workers.DASHBOARD, dashboard)
    workers.await_answer(f"{address}healthz", dashboard, workers.log(workspace, workers.DASHBOARD))
    workers.await_work(workspace, workers.POLLER, poller)
    return address


def _show(  # noqa: PLR0913, PLR0917 - all that the command found, each told in its place
    workspace: Workspace,
    city: City,
    screen: Screen,
    address: str,
    done: Sequence[Outcome],
    left_out: Sequence[LeftOut],
) -> None:
    with observed.open_ledger(workspace, city) as ledger:
        taken = observed.taker(city, ledger)(datetime.now(UTC))
    content = {
        "observed_in": taken.observed_in,
        "promises": as_json(taken.figures),
        "dashboard": address,
        "outcomes": outcomes.as_json(done),
        "left_out": [part.as_json() for part in left_out],
    }
    unprobed = lab_access.unprobed(workspace, city)
    told = [f"{len(unprobed)} services: not probed here, for nothing runs behind their servers"] if unprobed else []
    screen.result(content, [*observed.lines(taken), *told, f"dashboard: {address}", *map(str, left_out)])
    if exit_code(done) is not ExitCode.DONE:
        screen.line("Not everything is as the city wants it: what failed, or is unknown, was told above.")
