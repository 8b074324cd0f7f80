"""Where each site's names are served: on loopback addresses of the lab's own, for DNS needs no root.

Whoever gives a site a network of its own puts its servers there, by other endpoints.
"""

import base64
import secrets
from ipaddress import IPv4Network

from city.secrets import SecretRef, resolve
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights
from lab.names.site import Place
from lab.openstack.folders import write_private
from lab.openstack.spec import kept_specs
from lab.params import LOOPBACK, LabParams

PORT = 5300
_AUTHORITY, _RESOLVER = 1, 11
"""Offsets from the lab's first address; those of devices begin at lab.params.DEVICES_FROM."""
_KEY = "dns-update"
CLIENTS = (LOOPBACK, IPv4Network("10.0.0.0/8"))


def authority(params: LabParams, region: int) -> Endpoint:
    """The name server of region 0 (data centre) or 1 (recovery)."""
    return Endpoint(address=params.base_address + _AUTHORITY + region, port=PORT)


def resolver(params: LabParams, region: int) -> Endpoint:
    """The resolver there. Residents have those of both sites, the data centre's first."""
    return Endpoint(address=params.base_address + _RESOLVER + region, port=PORT)


def update_key(params: LabParams) -> Key:
    """By which a recovery moves names; made at the first call."""
    file = params.secrets / _KEY
    if not file.exists():
        write_private(file, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return Key(name="recovery", secret=resolve(SecretRef("file", str(file))))


def places(params: LabParams) -> list[Place]:
    """One per region that was ever made. Both take the same key for updates, and nobody is given a whole zone."""
    return [
        Place(
            exchange=spec.names,
            authority=authority(params, spec.index),
            resolver=resolver(params, spec.index),
            rights=Rights(update=(update_key(params),)),
            clients=CLIENTS,
        )
        for spec in kept_specs(params)
    ]
