"""Where the names of services lead, and where they are to lead. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from city.errors import Failed
from city.model.places import SiteRole
from drs.checks.names import address
from drs.compared import Sites
from drs.expected import in_the_cloud

SHORT_TTL_S = 5
"""How long resolvers keep a name that is about to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How clients reach a service at a site: `address` is empty where nobody can see it now."""

    fqdn: str
    port: int
    address: str


def doors(sites: Sites) -> Mapping[str, Door]:
    """Of each service that has an entrance at the site that is asked of."""
    cloud = in_the_cloud(sites.city)
    return {
        service: Door(
            fqdn=standing.entrance.fqdn,
            port=cloud[service][1].port,
            address=next(iter(address(sites, standing.entrance)), ""),
        )
        for service, standing in sites.declared_here.full.items()
        if standing.entrance is not None
    }


def wanted(sites: Sites, service: str) -> Mapping[SiteRole, str]:
    """To which address the DNS of each site leads clients once the service runs at the site that is asked of.

    When all is as declared, each site's own DNS leads to that site. When the data centre is left, both lead away from
    it: residents ask its resolver first. Raises Failed where nobody saw such an address.
    """
    here = _seen(sites, service)
    if sites.here.role is SiteRole.RECOVERY:
        return dict.fromkeys((SiteRole.DATACENTRE, SiteRole.RECOVERY), here)
    return {SiteRole.DATACENTRE: here, SiteRole.RECOVERY: _seen(sites.turned, service)}


def _seen(sites: Sites, service: str) -> str:
    found = doors(sites)[service].address
    if not found:
        raise Failed(f"{service} at {sites.here.id}", "nobody saw the address of its balancer", "Look at its balancer.")
    return found
