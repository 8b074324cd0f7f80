"""The program of a site, data centre and recovery alike: what workloads stand on, and nothing of theirs.

Both sites run the same lines on the same declaration, so what differs between them is data that can be read.
"""

from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_openstack import dns, networking

from city.errors import InvalidInput
from city.model.city import City
from city.model.places import Site
from city.model.wired import Network, Purpose
from infra.components.entrance import RECORD_TTL_S
from infra.components.site_network import Created, Existing, SiteNetwork, SiteNetworkArgs
from infra.components.site_offer import ImageFile, SiteOffer, SiteOfferArgs
from infra.images import local_file
from infra.marks import mark
from infra.settings import CREATE_UPLINK, Origin, Settings

_UNPROTECTED = "networks, router and zone are not protected; take it back when it is done with"

Exports = Mapping[str, pulumi.Input[object]]


def declare(city: City, settings: Settings, image_cache: Path) -> Exports:
    """Every resource of the site's stack; what it returns is what the workloads' stack may lean on."""
    site = city.site_of(settings.role)
    network = SiteNetwork(site.id, _network_args(city, site, settings))
    offer = SiteOffer(site.id, _offer_args(city, settings, image_cache))
    return {
        "networks": network.network_ids,
        "subnets": network.subnet_ids,
        "uplink": network.uplink_name,
        "management-group": network.management_group_id,
        "flavours": offer.flavour_ids,
        "images": offer.image_ids,
        "key-pair": offer.key_pair,
        "zone": _zone(city, site, protect=not settings.released_site).id,
        "released": [f"asty:release-site stands ({settings.released_site}): {_UNPROTECTED}"]
        if settings.released_site
        else [],
    }


def _network_args(city: City, site: Site, settings: Settings) -> SiteNetworkArgs:
    here = tuple(city.networks_at(site.id))
    return SiteNetworkArgs(
        city=city.id,
        site=site.id,
        tiers=tuple(network for network in here if network.purpose is not Purpose.PUBLIC),
        uplink=_uplink(site, here, settings),
        management=tuple(network.cidr for network in here if network.purpose is Purpose.MANAGEMENT),
        released=bool(settings.released_site),
    )


def _uplink(site: Site, here: tuple[Network, ...], settings: Settings) -> Created | Existing:
    wanted = settings.uplink
    if wanted != CREATE_UPLINK:
        return Existing(name=wanted, id=networking.get_network_output(name=wanted, external=True).id)
    for network in here:
        if network.purpose is Purpose.PUBLIC:
            return Created(network=network, physical=settings.uplink_physical)
    raise InvalidInput(
        f"site {site.id}",
        "it has no network of purpose public to be its uplink",
        "Declare one in networks.yaml, or set asty:uplink to the name of the external network that the cloud offers.",
    )


def _offer_args(city: City, settings: Settings, image_cache: Path) -> SiteOfferArgs:
    """An image that the provider has is not fetched: its bytes are the provider's matter."""
    ours = settings.images is Origin.CREATE
    return SiteOfferArgs(
        city=city.id,
        flavours=city.platform.flavours,
        flavours_exist=settings.flavours is Origin.EXISTING,
        images=tuple(
            ImageFile(image=image, path=local_file(image, city.folder, image_cache) if ours else None)
            for image in city.platform.images
        ),
        key_name=f"{city.id}-operators",
        operators_key=city.platform.operators_key,
    )


def _zone(city: City, site: Site, *, protect: bool) -> dns.Zone:
    """Each site has the whole zone in a DNS service of its own: it answers when the other site is gone."""
    return dns.Zone(
        site.id,
        name=city.dns_zone,
        email=f"hostmaster@{city.dns_zone.rstrip('.')}",
        ttl=RECORD_TTL_S,
        description=f"{city.name.en}, as seen at {site.id} ({mark(city.id, 'Zone', site.id)})",
        opts=pulumi.ResourceOptions(protect=protect),
    )
