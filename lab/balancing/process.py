"""The load balancers as a part of the lab: one agent for both regions, and an HAProxy per load balancer. Takes root."""

from lab.agent import Agent
from lab.balancing import packages
from lab.balancing.places import standing
from lab.left_out import LeftOut
from lab.net import names
from lab.openstack.spec import kept_specs
from lab.params import LabParams
from lab.part import Part
from lab.real import namespaces
from lab.real.packages import install
from lab.system import Report, as_root

AGENT = Agent(name="balancing", keeps="the clouds' load balancers", module="lab.balancing")


def up(params: LabParams, report: Report) -> LeftOut | None:
    """Have the agent, which starts what Octavia declares; returns why there can be none, where there can be none.

    Raises Failed where a package cannot be installed, or the agent cannot be started.
    """
    if found := namespaces.lacking(AGENT.keeps):
        report(str(found))
        return found
    if not AGENT.runs(params):
        install(as_root() or (), report, packages.NEEDS, packages.__name__)
        AGENT.start(params)
        report("load balancers: their agent runs")
    return None


def down(params: LabParams) -> None:
    """End the agent and every load balancer; what they were to be stays written. Raises Failed."""
    if any(part.state != "down" for part in status(params)):
        AGENT.end(params)


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, and each load balancer that was ever started and not removed; nothing where there never was one."""
    folders = [(spec, folder) for spec in kept_specs(params) for folder in sorted(spec.balancing.glob("lb-*"))]
    parts = [Part.of(f"{spec.name} {folder.name}", folder / "pid", str(folder)) for spec, folder in folders]
    owned = {names.device(params, folder.name) for _, folder in folders}
    lost = [] if AGENT.runs(params) else [name for name in standing(params) if name not in owned]
    return (*AGENT.parts(params), *parts, *(Part.unowned(f"network namespace {name}") for name in lost))
