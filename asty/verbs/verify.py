"""Ask the running hosts of a service whether they are what they promise."""

from typing import Unpack

import click

from asty import lab_access, outcomes, service_hosts
from asty.call import Call, json_option
from asty.city_data import load
from asty.service_hosts import Way, by_ssh
from city.errors import ExitCode
from city.outcome import Outcome, exit_code
from infra import files
from infra.hosts.access import Bounds
from infra.hosts.command import left_out
from infra.hosts.host import Host
from infra.placement import DATABASE_ROLE, database_host


@click.command("verify")
@by_ssh
@json_option
@click.argument("service")
@click.pass_obj
def command(call: Call, service: str, **way: Unpack[Way]) -> ExitCode:
    """Look on every host of a service: what it and its roles promise is so, and nothing else is open. Change nothing.

    Exit 1 where a promise is broken, 4 where a host cannot be asked. JSON: exit_code, tally, outcomes.
    """
    from infra.hosts import promise, roles  # noqa: PLC0415 - testinfra, which no other verb needs

    workspace = call.prepared()
    city = load(workspace.city_folder)
    workload = service_hosts.workload(city, service)
    promises = promise.of_workload(workload, roles.promises(files.roles(city, city.service(service))).values())
    of_database = promise.of_roles(roles.promises([DATABASE_ROLE]).values())
    database = database_host(city.service(service))
    access = lab_access.hosts(workspace, way["user"], way["identity"], Bounds())
    chosen = service_hosts.choose(workspace, city, service, way["sites"])

    def work(host: Host) -> tuple[Outcome, ...]:
        return promise.verify(host, access, of_database if host.name == database else promises)

    found = service_hosts.on_each(chosen, work, f"verifying {service}", call.screen, access.stop)
    done = [*(one for each in found.values() for one in each), *map(left_out, chosen.missing)]
    kept = [f"{outcome.status:8} {outcome.subject}" for outcome in done if outcome.status.value == "ok"]
    call.screen.result(outcomes.as_json(done), [*kept, *outcomes.lines(done)])
    return exit_code(done)
