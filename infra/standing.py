"""A service that stands keeps its addresses, unless its own declaration says that it moves.

An address follows from the data alone, so that both sites and every machine compute the same one. The price: to take
out a neighbour, or to cut a network anew, could give a service another address without a word about that service.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from city.errors import Refused
from city.load import load
from city.model.city import City
from city.model.places import Site
from city.model.services import Service
from infra.addresses import BLOCK_SIZE, block, capacity
from infra.blocks import block_of, home
from infra.checkpoint import addresses
from infra.placement import placed
from infra.project import Project
from infra.stacks import Program, Stack


def keep(stack: Stack, project: Project) -> None:
    """Raises Refused where services would move though they declare no other slot."""
    if stack.program is not Program.WORKLOADS:
        return
    moved = list(_moved(stack, load(project.city), addresses(project.checkpoint(stack.name))))
    if moved:
        problems, remedies = zip(*moved, strict=True)
        raise Refused(f"stack {stack.name}", "; ".join(problems), " ".join(remedies))


def _moved(stack: Stack, city: City, there: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    site = city.site_of(stack.role)
    for placement in placed(city, stack.role):
        if not placement.members:
            continue  # its database alone, whose volume is its own wherever its address is
        first = there.get(placement.member_names[0])
        if first is None or placement.workload.slot is not None:
            continue
        now = _first_address(city, site, placement.service)
        if first != now:
            told = f"service {placement.service.id} stands at {first} and would move to {now} with nothing said of it"
            yield told, _remedy(city, stack, placement.service, IPv4Address(first))


def _first_address(city: City, site: Site, service: Service) -> str:
    try:
        return str(block_of(city, site, service).member(0))
    except ValueError:
        return "no address at all"


def _remedy(city: City, stack: Stack, service: Service, first: IPv4Address) -> str:
    if service.workload is None:
        raise KeyError(service.id)
    network = home(city, city.site_of(stack.role), service.workload).cidr
    number = (int(first) - int(network.network_address)) // BLOCK_SIZE - 1
    if 0 <= number < capacity(network) and block(network, number).member(0) == first:
        return f"Declare `slot: {number}` in the workload of {service.id}: there it stands."
    return f"Take back what was changed of {network}: {service.id} stands where that has no block."
