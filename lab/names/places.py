"""Where each site's names are served.

Where the lab has a network (lab.net), both servers of a site stand at its edge: the name server at the address that
the street sees, the resolver at the gateway of the site's external network, each at port 53. So residents, hosts and
operators reach them, and a cut link parts them as it parts the sites. Where there is no network they stand on loopback
addresses of the lab's own, for DNS needs no root.
"""

import base64
import secrets
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from city.secrets import SecretRef, resolve
from lab.names import knot
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights
from lab.names.site import Place
from lab.net import kernel, names
from lab.net.backbone import SITES, STREET, edge, seen_from_street
from lab.openstack.folders import write_private
from lab.openstack.spec import RegionSpec, kept_specs
from lab.params import LOOPBACK, LabParams

DNS_PORT, PORT = 53, 5300
"""At a site's edge, and on loopback."""
_OUTSIDE = "x-"
"""How lab.net.backbone.outer begins the name of an edge's interface in an external network."""
_AUTHORITY, _RESOLVER = 1, 11
"""Offsets from the lab's first address; those of devices begin at lab.params.DEVICES_FROM."""
_KEY, _TRANSFER_KEY = "dns-update", "dns-transfer"
CLIENTS = (LOOPBACK,)
EVERYBODY = (IPv4Network("0.0.0.0/0"),)
"""Who is in the lab's network."""


def endpoints(params: LabParams, region: int) -> tuple[Endpoint, Endpoint]:
    """Name server and resolver of region 0 (data centre) or 1 (recovery), as the machine is now.

    Residents have the resolvers of both sites, the data centre's first.
    """
    namespace = names.place(params, edge(region))
    seen = _addresses(namespace)
    outside = min((address for link, address in seen.items() if link.startswith(_OUTSIDE)), default=None)
    if STREET in seen and outside is not None:
        return (
            Endpoint(address=seen[STREET], port=DNS_PORT, namespace=namespace),
            Endpoint(address=outside, port=DNS_PORT, namespace=namespace),
        )
    first = params.base_address + region
    return Endpoint(address=first + _AUTHORITY, port=PORT), Endpoint(address=first + _RESOLVER, port=PORT)


def _addresses(namespace: str) -> dict[str, IPv4Address]:
    """The lowest address of each interface there; empty where there is no such namespace, or it is going."""
    try:
        links = kernel.read(namespace).links
    except OSError:
        return {}
    found = {name: [one.ip for one in link.addresses if isinstance(one, IPv4Interface)] for name, link in links.items()}
    return {name: min(addresses) for name, addresses in found.items() if addresses}


def update_key(params: LabParams) -> Key:
    """By which a recovery moves names; made at the first call."""
    return _key(params, "recovery", _KEY)


def transfer_key(params: LabParams) -> Key:
    """By which the city's own name servers are given the whole zone; made at the first call."""
    return _key(params, "source", _TRANSFER_KEY)


def _key(params: LabParams, name: str, kept: str) -> Key:
    file = params.secrets / kept
    if not file.exists():
        write_private(file, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return Key(name=name, secret=resolve(SecretRef("file", str(file))))


def source(params: LabParams, region: int) -> str:
    """What a host of that region is told of the name server from which it takes the zone, in Knot's words."""
    key, address = transfer_key(params), seen_from_street(params, region)
    return knot.source(key, address, DNS_PORT)


def places(params: LabParams) -> list[Place]:
    """One per region that was ever made. Both take the same key for updates, and the same one for whole zones."""
    rights = Rights(update=(update_key(params),), transfer=(transfer_key(params),))
    return [_place(params, spec, rights) for spec in kept_specs(params)]


def _place(params: LabParams, spec: RegionSpec, rights: Rights) -> Place:
    authority, resolver = endpoints(params, spec.index)
    return Place(
        exchange=spec.names,
        authority=authority,
        resolver=resolver,
        rights=rights,
        clients=CLIENTS if resolver.namespace is None else EVERYBODY,
        beyond=(_authority_of_other(params, spec.index, resolver),),
    )


def _authority_of_other(params: LabParams, region: int, asked_by: Endpoint) -> Endpoint:
    """The same whether the other site is there now or not: a resolver goes on while the other site comes and goes."""
    other = SITES - 1 - region
    if asked_by.namespace is not None:
        return Endpoint(address=seen_from_street(params, other), port=DNS_PORT, namespace=asked_by.namespace)
    return Endpoint(address=params.base_address + other + _AUTHORITY, port=PORT)
