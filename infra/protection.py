"""What is not taken away unless somebody said why: data, addresses that the world knows, and what a site consists of.

Pulumi refuses to delete what is protected, but only when it comes to it: servers would be gone before. So asty compares
what is protected with what is still declared before anything is touched. See docs/adr/0006.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from city.errors import Refused
from city.load import load
from city.model.city import City
from infra.checkpoint import latest, protected
from infra.flows import openings
from infra.placement import placed
from infra.plan import StackPlan, subject
from infra.project import Project
from infra.stacks import Program, Stack

_TAKE_BACK = (
    "Take back what asks for others; `pulumi preview --diff` names it. Do not release them: "
    "what is released is replaced, and what is in it lost, in one run (docs/adr/0006)."
)
_VOLUME = "blockstorage/volume:Volume"
_RELEASES = (("Volume", "release-volumes.SERVICE"), ("FloatingIp", "release-addresses.SERVICE"))
"""Of a service that loses its data, its address goes as well."""
_REPLACED, _DELETED = "marked for protection", "because it is protected"
"""Pulumi's own words of a step that it refuses."""


def keep_declared(stack: Stack, project: Project) -> None:
    """Raises Refused where something protected is not declared any more."""
    there = protected(project.checkpoint(stack.name))
    lost = sorted(set(there) - set(_declared(stack, load(project.city)))) if there else []
    if lost:
        told = f"the city no longer declares {_counted(lost)}, the first {lost[0]}"
        raise Refused(f"stack {stack.name}", told, _release(stack, lost))


def keep_all(stack: Stack, project: Project) -> None:
    """Raises Refused where the stack holds anything protected, and is to go as a whole."""
    there = protected(project.checkpoint(stack.name))
    if there:
        told = f"it holds {_counted(there)}, the first {there[0]}"
        raise Refused(f"stack {stack.name}", told, _release(stack, there))


def refused(stack: Stack, errors: dict[str, list[str]]) -> Refused | None:
    """What Pulumi's own words, by the URN of which it said them, mean for protected things; None for other words."""
    for words, doing in ((_REPLACED, "replace"), (_DELETED, "delete")):
        found = sorted(subject(urn) for urn, said in errors.items() if urn and any(words in one for one in said))
        if found:
            told = f"it would {doing} {_counted(found)}, the first {found[0]}"
            return Refused(f"stack {stack.name}", told, _TAKE_BACK if doing == "replace" else _release(stack, found))
    return None


def lost_data(checkpoint: Path, plan: StackPlan) -> tuple[str, ...]:
    """What a person must know of volumes that somebody deleted in the cloud: a plan would make empty ones."""
    known = {resource["urn"] for resource in latest(checkpoint).get("resources") or ()}
    gone = (step for step in plan.steps if step.op == "create" and step.urn in known and step.type.endswith(_VOLUME))
    return tuple(
        f"{step.subject} is gone from the cloud, and what it held is lost there: this plan makes an empty one. "
        "Bring its data back from a copy once it is made"
        for step in gone
    )


def _declared(stack: Stack, city: City) -> Iterator[str]:
    """By kind and name, as `checkpoint.protected` tells them."""
    site = city.site_of(stack.role)
    if stack.program is Program.SITE:
        yield from (f"{kind} {site.id}" for kind in ("Router", "Zone"))
        yield from (f"{kind} {network.id}" for network in city.networks_at(site.id) for kind in ("Network", "Subnet"))
        return
    for placement in placed(city, stack.role):
        yield from (f"Volume {name}" for name in placement.every_volume)
        if placement.running and any(one.world for one in openings(city, site, placement.workload)):
            yield f"FloatingIp {placement.service.id}"


def _counted(subjects: Iterable[str]) -> str:
    """`2 protected data volumes`, or what else they are."""
    listed = list(subjects)
    kinds = {one.partition(" ")[0] for one in listed}
    word = {frozenset({"Volume"}): "data volumes", frozenset({"FloatingIp"}): "addresses"}.get(frozenset(kinds))
    return f"{len(listed)} protected {word or 'resources'}"


def _release(stack: Stack, subjects: Iterable[str]) -> str:
    """The way out for who means it: two runs, and a reason that stands in the plan meanwhile."""
    kinds = {one.partition(" ")[0] for one in subjects}
    key = next((key for kind, key in _RELEASES if kind in kinds), "release-site")
    return (
        f"Declare them again. Where their loss is meant, say why (docs/adr/0006): pulumi config set --path "
        f"--stack {stack.name} 'asty:{key}' 'REASON', run up, and do this again."
    )
