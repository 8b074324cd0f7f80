"""Rules of `asty check` for what stands in the cloud: every role is there, and no two hosts have one address or name.

load(folder, declared.check) -> the City, or InvalidCity with each of them at its line
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from city.load.declared import Declared
from city.load.defects import Defects, nearest
from city.load.identity import devices
from city.load.record import Found, Record
from city.model.city import Device
from city.model.places import SiteRole
from city.model.services import Service, Workload
from city.model.vaults import VAULT
from city.model.wired import Network
from infra.addresses import MEMBERS_MAX, block, capacity, pool
from infra.blocks import slots
from infra.hosts import roles
from infra.placement import database_host, runs

_CLOUD = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
WATCHES, SHOWS = "monitoring", "dashboard"
"""Roles of the hosts that watch the city, and of those that show it."""
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
    _check_vault(hosted)
    _check_shown(hosted)
    _check_room(hosted)
    _check_slots(hosted)
    _check_names(declared)
    _check_addresses(declared, hosted)


def _hosted(declared: Declared) -> Iterator[Hosted]:
    for found in declared.services.items:
        if found.value.workload is not None:
            yield found, found.value.workload, found.record.child("workload")


def _check_vault(hosted: list[Hosted]) -> None:
    """Each vault that does not run at both sites, or has no volume; and every vault behind the first."""
    vaults = [one for one in hosted if VAULT in one[1].roles and one[2].is_good("roles")]
    for found, workload, record in vaults:
        if found.record.is_good("recovery") and not runs(found.value, SiteRole.RECOVERY):
            problem = f"a vault that is {found.value.recovery} keeps no copies at the recovery site"
            found.record.defect("recovery", problem, "Let it be active or warm.")
        if not workload.volume_gb and record.is_good("volume"):
            record.defect("volume", "a vault has no place for copies without a volume", "Declare its volume.")
    for _, _, record in vaults[1:]:
        problem = f"{vaults[0][0].value.id} is the city's vault already"
        record.defect("roles", problem, "Let one service have the role vault.")


def _check_shown(hosted: list[Hosted]) -> None:
    """Each service that shows the city where nobody watches it, or where who watches does not let it in."""
    watching = next((one for one in hosted if WATCHES in one[1].roles), None)
    for found, workload, record in hosted:
        if SHOWS not in workload.roles or not record.is_good("roles"):
            continue
        if watching is None:
            problem = "a dashboard shows what a service with the role monitoring saw, and there is none"
            record.defect("roles", problem, "Give one service the role monitoring.")
            continue
        watcher, watched, told = watching
        way = f"service:{found.value.id}"
        lets_in = any(flow.source in {way, "world"} and flow.port == watched.port for flow in watched.flows)
        if not lets_in and told.is_good("flows", "port"):
            problem = f"{found.value.id} shows what {watcher.value.id} saw, and no flow lets it in"
            told.defect("flows", problem, f'Add {{source: "{way}", port: {watched.port}}}.')


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


def _check_names(declared: Declared) -> None:
    """Each service that is called as the host of another's database is."""
    hosts = {database_host(service): service.id for service in declared.services.values if service.database}
    for found in declared.services.items:
        if owner := hosts.get(found.value.id):
            problem = f"that is the name of the host of the database of {owner}"
            found.record.defect("id", problem, "Give this service another id.")


def _check_addresses(declared: Declared, hosted: list[Hosted]) -> None:
    """Each device and each probe that has the address of a service's balancer or host; each device that has one which
    the cloud gives to others."""
    ground = declared.ground
    if not (ground.networks.complete and ground.sites.complete and declared.services.complete):
        return
    cloud = {site.id for site in ground.sites.values if site.role in _CLOUD}
    good = (found for found in ground.networks.items if found.record.is_good("cidr", "purpose", "site"))
    networks = [found.value for found in good if found.value.site in cloud]
    owners = dict[tuple[str, IPv4Address], str]()
    for network in networks:
        owners |= _owners(network, hosted)
    for device in devices(declared):
        if device.record.is_good("address", "site"):
            _check_device(device, owners, networks)
    for found in declared.services.items:
        _check_probe(found, {str(address): owner for (_, address), owner in owners.items()})


def _check_device(
    device: Found[Device], owners: Mapping[tuple[str, IPv4Address], str], networks: list[Network]
) -> None:
    address, site = device.value.address, device.value.site
    if owner := owners.get((site, address)):
        remedy = f"Choose another, or declare another `slot` of {owner}."
        device.record.defect("address", f"address {address} is that of {owner} already", remedy)
    for given in (pool(network.cidr) for network in networks if network.site == site):
        if address in given:
            problem = f"address {address} is in {given}, from which the cloud gives addresses to whom it likes"
            device.record.defect("address", problem, f"Choose one below {given[0]}.")


def _check_probe(found: Found[Service], owners: Mapping[str, str]) -> None:
    """A probe of another service's address is red when that one is down."""
    asked = found.value.probe.content if found.value.probe is not None else None
    host = asked.get("host") if isinstance(asked, dict) else None
    owner = owners.get(str(host.content)) if host is not None else None
    if host is not None and owner not in {None, found.value.id}:
        problem = f"{host.content} is an address of {owner}"
        found.record.child("probe").defect("host", problem, f"Let {owner} have this probe.")


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
