"""Rules of `asty check` for what stands in the cloud: every role is there, and no two hosts have one address.

load(folder, declared.check) -> the City, or InvalidCity with each of them at its line
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from city.load.declared import Declared
from city.load.defects import Defects, nearest
from city.load.identity import devices
from city.load.record import Found, Record
from city.model.city import Device
from city.model.places import SiteRole
from city.model.services import Service, Workload
from city.model.wired import Network
from infra.addresses import MEMBERS_MAX, block, capacity
from infra.blocks import slots
from infra.hosts import roles

_CLOUD = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
Hosted = tuple[Found[Service], Workload, Record]
"""A service with its workload, and the workload's record."""


def check(declared: Declared, _defects: Defects) -> None:
    hosted = list(_hosted(declared))
    known = roles.known()
    for _, workload, record in hosted:
        for role in workload.roles:
            if role not in known and record.is_good("roles"):
                problem = f"roles names {role!r}, which is no folder of playbooks/roles with argument_specs"
                record.defect("roles", problem, nearest(role, known))
    _check_room(hosted)
    _check_slots(hosted)
    _check_devices(declared, hosted)


def _hosted(declared: Declared) -> Iterator[Hosted]:
    for found in declared.services.items:
        if found.value.workload is not None:
            yield found, found.value.workload, found.record.child("workload")


def _check_room(hosted: list[Hosted]) -> None:
    """Each service whose database has no address left in the service's block."""
    for found, workload, record in hosted:
        if found.value.database and workload.instances >= MEMBERS_MAX and record.is_good("instances"):
            problem = f"{workload.instances} instances leave no address for the host of database {found.value.database}"
            record.defect("instances", problem, f"Write {MEMBERS_MAX - 1} or fewer, and larger ones.")


def _check_slots(hosted: list[Hosted]) -> None:
    """Each service whose block another declares already, at its `slot`."""
    taken: dict[tuple[str, int], str] = {}
    for found, workload, record in hosted:
        if workload.slot is not None and record.is_good("slot", "network"):
            holder = taken.setdefault((workload.network, workload.slot), found.value.id)
            if holder != found.value.id:
                problem = f"slot {workload.slot} of the {workload.network} networks is that of {holder}: their hosts "
                record.defect("slot", f"{problem}would have the same addresses", _free(workload, hosted))


def _free(workload: Workload, hosted: list[Hosted]) -> str:
    used = {other.slot for _, other, _ in hosted if other.network == workload.network}
    return f"Declare `slot: {next(number for number in range(len(used) + 1) if number not in used)}`, or none."


def _check_devices(declared: Declared, hosted: list[Hosted]) -> None:
    """Each device that has the address of a service's balancer or instance at its site."""
    ground = declared.ground
    if not (ground.networks.complete and ground.sites.complete and declared.services.complete):
        return
    cloud = {site.id for site in ground.sites.values if site.role in _CLOUD}
    owners = dict[tuple[str, IPv4Address], str]()
    for found in ground.networks.items:
        if found.value.site in cloud and found.record.is_good("cidr", "purpose", "site"):
            owners |= _owners(found.value, hosted)
    for device in devices(declared):
        owner = owners.get((device.value.site, device.value.address))
        if owner is not None and device.record.is_good("address", "site"):
            _taken(device, owner)


def _taken(device: Found[Device], owner: str) -> None:
    problem = f"address {device.value.address} is that of {owner} already"
    device.record.defect("address", problem, f"Choose another, or declare another `slot` of {owner}.")


def _owners(network: Network, hosted: list[Hosted]) -> dict[tuple[str, IPv4Address], str]:
    """Whose each address of a network's services is, by the site and the address."""
    here = {found.value.id: workload for found, workload, _ in hosted if workload.network == network.purpose.value}
    if not here or any(not record.is_good("slot", "network", "instances") for _, _, record in hosted):
        return {}
    numbers = slots({name: workload.slot for name, workload in here.items()}, network.cidr)
    databases = {found.value.id for found, _, _ in hosted if found.value.database}
    return {
        (network.site, address): name
        for name, workload in here.items()
        for address in _addresses(network.cidr, numbers[name], workload.instances, database=name in databases)
    }


def _addresses(network: IPv4Network, number: int, instances: int, *, database: bool) -> list[IPv4Address]:
    """The balancer's, the instances' and the database's; none for a block that the network does not have."""
    if number >= capacity(network):
        return []
    here = block(network, number)
    return [*list(here.cidr)[: instances + 1], *([here.database] if database else [])]
