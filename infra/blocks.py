"""Which service has which block of addresses at a site. Pure.

Who declares a `slot` has it. The others follow in the order of services.yaml: each takes the slot that its id prefers,
or the next that is free. So no two services fall to one block as long as there are enough, and a service that is added
behind the others moves nobody. Where one would move all the same, `infra/standing.py` refuses the plan.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from city.model.city import City
from city.model.places import Site
from city.model.services import Service, Workload
from city.model.wired import Network
from infra.addresses import SPREAD, Block, block, capacity, slot


def home(city: City, site: Site, workload: Workload) -> Network:
    """The network that a workload's instances stand in at a site. Raises KeyError where the site has none."""
    for network in city.networks_at(site.id):
        if network.purpose.value == workload.network:
            return network
    raise KeyError(workload.network)


def block_of(city: City, site: Site, service: Service) -> Block:
    """The service's own, placed there or not: one that moves in later finds it free.

    Raises KeyError for a service without a workload, ValueError where its network has no block for it.
    """
    if service.workload is None:
        raise KeyError(service.id)
    network = home(city, site, service.workload).cidr
    return block(network, slots(neighbours(city, service.workload.network), network)[service.id])


def neighbours(city: City, purpose: str) -> Mapping[str, int | None]:
    """The services that share a network, in the city's order, each with the slot that it declares."""
    found = ((service.id, service.workload) for service in city.services if service.workload is not None)
    return {name: workload.slot for name, workload in found if workload.network == purpose}


def slots(declared: Mapping[str, int | None], network: IPv4Network) -> dict[str, int]:
    """The slot of each service; one at `capacity` or beyond is none, as where too many share the network."""
    taken = {number for number in declared.values() if number is not None}
    found = {name: number for name, number in declared.items() if number is not None}
    for name, number in declared.items():
        if number is None:
            found[name] = next(free for free in _in_turn(name, network) if free not in taken)
            taken.add(found[name])
    return found


def _in_turn(service_id: str, network: IPv4Network) -> Iterator[int]:
    """The slots that a service would take, the dearest first: the same in a network that grew, then the new ones."""
    near = min(capacity(network), SPREAD)
    first = slot(service_id, None, network) if near else 0
    yield from ((first + step) % near for step in range(near))
    number = near
    while True:
        yield number
        number += 1
