"""Names as a part of the lab: one agent for both sites, and at each site a name server and a resolver."""

from lab.agent import Agent
from lab.names import packages
from lab.names.places import endpoints
from lab.openstack.spec import kept_specs
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import install
from lab.system import Report, as_root

AGENT = Agent(name="names", keeps="the names", module="lab.names")
SERVERS = ("knot", "unbound")


def up(params: LabParams, report: Report) -> None:
    """Have the agent, which starts what Designate declares. It becomes root where the lab's network is to be entered.

    Raises Failed where a package cannot be installed, or the agent cannot be started.
    """
    if not AGENT.runs(params):
        install(as_root() or (), report, packages.NEEDS, packages.__name__)
        AGENT.start(params)
        report("names: their agent runs")


def down(params: LabParams) -> None:
    """End the agent, name servers and resolvers; what they serve stays written. Raises Failed."""
    if any(part.state == "up" for part in status(params)):
        AGENT.end(params)


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, and the servers of each site that were ever started; nothing where there never were any."""
    parts = [
        Part.of(f"{spec.name} {server}", spec.names / server / "pid", f"{endpoint.address}:{endpoint.port}")
        for spec in kept_specs(params)
        for server, endpoint in zip(SERVERS, endpoints(params, spec.index), strict=True)
        if (spec.names / server).exists()
    ]
    return (*AGENT.parts(params), *parts)
