"""Open the city's services in the browser that you have."""

import subprocess

import click

from asty import lab_access, street_proxy
from asty.call import Call, json_option
from asty.city_data import load
from asty.verbs.serve import listen
from city.errors import ExitCode, Failed, Refused
from city.model.city import City

PORT = 8118
_GRACE_S = 5


@click.command("browse")
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="On 127.0.0.1; 0: any.")
@json_option
@click.pass_obj
def command(call: Call, port: int) -> ExitCode:
    """Until interrupted, be a proxy that leads a browser of this machine into the lab's street, where residents are.

    Names are asked of the residents' own resolvers, and a browser checks the services' certificates itself: let it
    trust the file that is told. JSON, at the end: exit_code.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    street = lab_access.street(workspace)
    if not lab_access.params(workspace).hosts:
        raise Refused("the street", "this lab's servers do not run: nothing would answer", "Make one: asty up --hosts.")
    resolvers = [f"{address}:{number}" for address, number in street.resolvers]
    with listen(port) as listening:
        at = f"http://127.0.0.1:{listening.getsockname()[1]}"
        standing = subprocess.Popen((*street.python, street_proxy.__name__, *resolvers), stdin=listening.fileno())  # noqa: S603 - our own words
        for line in _told(at, str(street.trust), city):
            call.screen.line(line)
        try:
            code = standing.wait()
        except BaseException:
            standing.terminate()
            standing.wait(_GRACE_S)
            raise
    raise Failed("the proxy", f"it ended with {code}", "Look whether the lab is up: asty lab status.")


def _told(at: str, trust: str, city: City) -> list[str]:
    names = [f"https://{name}/" for name in sorted(_open_to_the_world(city))]
    return [
        f"proxy: {at}",
        f"curl:  curl --proxy {at} --cacert {trust} {names[0] if names else 'https://NAME/'}",
        f"browser: set {at} as its proxy for HTTPS, and let it trust {trust} (docs/lab-hosts.md says how)",
        *(f"open:  {name}" for name in names),
    ]


def _open_to_the_world(city: City) -> set[str]:
    """The names of services that residents open in a browser."""
    return {
        f"{one.workload.dns_name}.{city.dns_zone}".rstrip(".")
        for one in city.services
        if one.workload is not None
        and any((flow.source, flow.port, flow.protocol) == ("world", 443, "tcp") for flow in one.workload.flows)
    }
