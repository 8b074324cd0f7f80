"""One round of the agent: look at what is there, compute the difference, take the steps, until nothing differs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network

from lab.net import districts, kernel, names, steps
from lab.net.backbone import GATE
from lab.net.layout import layout
from lab.net.machine import EVERYWHERE, ROOT, Machine
from lab.net.mend import Step, Verb, mend
from lab.net.wanted import Region
from lab.net.weather import Weather
from lab.params import LabParams

_ROUNDS = 4
"""Two are enough on a quiet machine: one that mends, and one that sees it. Others change things meanwhile."""


def look(params: LabParams) -> tuple[Machine, list[str]]:
    """Every namespace with the lab's mark, and the machine itself; beside them the names behind which there is none.

    Such a name is left where somebody was killed while making a namespace, or where one is just being made or removed.
    """
    found = {ROOT: replace(kernel.read(ROOT), ours=False)}
    broken = []
    for name in sorted(kernel.names(names.mark(params))):
        try:
            found[name] = replace(kernel.read(name), ours=names.ours(params, name))
        except OSError:
            broken.append(name)
    return found, broken


def taken(params: LabParams, root: Machine) -> list[IPv4Network]:
    """The ranges that the machine routes to somewhere else than this lab; what goes just anywhere does not count."""
    gate = names.place(params, GATE)
    own = root[ROOT]
    networks = [route.to for route in own.routes if route.link != gate and route.to not in EVERYWHERE.values()]
    networks += [address.network for name, link in own.links.items() if name != gate for address in link.addresses]
    return sorted({network for network in networks if isinstance(network, IPv4Network)})


def settle(params: LabParams, regions: Sequence[Region], weather: Weather) -> tuple[int, list[str]]:
    """Make the machine what it should be; returns how many steps that took, and what could not be done."""
    count, problems, before = 0, list[str](), list[Step]()
    for _ in range(_ROUNDS):
        actual, broken = look(params)
        wanted = layout(params, regions, actual, taken(params, actual), weather, districts.interfaces(params))
        todo = [*_swept(params, broken), *mend(wanted, actual)]
        if not todo:
            return count, []
        if todo == before:
            break
        problems, before = list(steps.take(todo)), todo
        count += len(todo)
    return count, problems


def _swept(params: LabParams, broken: Iterable[str]) -> list[Step]:
    return [Step(namespace=name, verb=Verb.DELETE) for name in broken if names.ours(params, name)]
