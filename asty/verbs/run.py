"""Run a command on the hosts of a service."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Unpack

import click

from asty import lab_access, outcomes, service_hosts
from asty.call import Call, json_option
from asty.city_data import load
from asty.service_hosts import Way, by_ssh
from city.errors import ExitCode
from city.outcome import exit_code
from infra.hosts.access import Bounds
from infra.hosts.command import Answer, left_out, run


@click.command("run")
@click.option("--timeout", type=click.FloatRange(1, 3600), default=Bounds().run_s, show_default=True, help="Seconds.")
@by_ssh
@json_option
@click.argument("service")
@click.argument("words", metavar="-- COMMAND...", nargs=-1, required=True)
@click.pass_obj
def command(call: Call, service: str, words: tuple[str, ...], timeout: float, **way: Unpack[Way]) -> ExitCode:
    """Run one command on every host of a service, at the same time: asty run portal -- uptime.

    A host is spoken to only where it shows the host key that its cloud recorded. No word means anything to the host's
    shell: for a pipe, run sh -c '...'. What a host writes is shown host by host.

    Exit 1 where a command failed or a host cannot be asked, 4 where nobody saw how it ended. JSON: exit_code, tally,
    outcomes (with exit, stdout, stderr, cut: null where nobody saw the end).
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    service_hosts.workload(city, service)
    access = lab_access.hosts(workspace, way["user"], way["identity"], Bounds(run_s=timeout))
    chosen = service_hosts.choose(workspace, city, service, way["sites"])
    work = partial(run, access=access, command=words)
    ran = service_hosts.on_each(chosen, work, f"running {words[0]}", call.screen, access.stop)
    answers = [*ran.values(), *(Answer(outcome=left_out(one)) for one in chosen.missing)]
    done = [answer.outcome for answer in answers]
    content = {**outcomes.as_json(done), "outcomes": [answer.as_json() for answer in answers]}
    call.screen.result(content, [*_lines(answers), *outcomes.lines(done)])
    return exit_code(done)


def _lines(answers: Sequence[Answer]) -> Iterator[str]:
    for answer in answers:
        if ran := answer.ran:
            yield f"{answer.outcome.subject}: exit {ran.exit}{', and wrote more than is kept' if ran.cut else ''}"
            yield from (f"  {line}" for line in ran.stdout.splitlines())
            yield from (f"  ! {line}" for line in ran.stderr.splitlines())
