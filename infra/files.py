"""Copies of files, from site to site: what a host is told of them, and who may come to a vault. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Service
from city.model.vaults import FILES, copied, every, vault
from infra.blocks import block_of

VAULT_PORT = 8000
_CLOUD = (SiteRole.DATACENTRE, SiteRole.RECOVERY)


def roles(city: City, service: Service) -> tuple[str, ...]:
    """What the service's members are: as declared, and one whose files are copied."""
    declared = service.workload.roles if service.workload else ()
    return (*(declared or ("application",)), FILES) if service in copied(city) else declared


def told(city: City, role: SiteRole, service: Service) -> dict[str, str]:
    """What a member of the service at that site reads in its metadata: where the vaults are, how often it copies its
    files, and of a vault for how long it keeps copies; in seconds."""
    keeper = vault(city)
    if keeper is None:
        return {}
    found: dict[str, str] = {}
    if service in copied(city):
        here, there = _seats(city, role, keeper)
        seconds = str(int(every(service).total_seconds()))
        found |= {"site_role": role.value, "vault_here": here, "vault_there": there, "backup_every": seconds}
    if service == keeper:
        keeps = max((one.backup.keep.total_seconds() for one in copied(city) if one.backup), default=0)
        found["vault_keep"] = str(int(keeps))
    return found


def comers(city: City, service: Service) -> Iterator[tuple[str, IPv4Network]]:
    """Who may come to this service as to a vault, by a name of its own: the hosts whose files are copied, of both
    sites, for one brings copies and the other takes them. Nobody, where it is no vault."""
    if service == vault(city):
        for role in _CLOUD:
            site = city.site_of(role)
            for one in copied(city):
                yield f"{role.value}-{one.id}", block_of(city, site, one).cidr


def _seats(city: City, role: SiteRole, keeper: Service) -> tuple[str, str]:
    """Its first member at that site, and at the other."""
    (other,) = (one for one in _CLOUD if one is not role)
    here, there = (str(block_of(city, city.site_of(one), keeper).member(0)) for one in (role, other))
    return here, there
