"""How each part of a site is read through openstacksdk, in the project that the credentials are for."""

from drs.reading.balancing import balancers
from drs.reading.compute import flavours, images, keys, servers
from drs.reading.names import records, zones
from drs.reading.network import floating, groups, ports, routers, subnets
from drs.reading.quotas import quotas
from drs.reading.storage import volumes

__all__ = [
    "balancers",
    "flavours",
    "floating",
    "groups",
    "images",
    "keys",
    "ports",
    "quotas",
    "records",
    "routers",
    "servers",
    "subnets",
    "volumes",
    "zones",
]
"""By the names of the parts of SeenSite."""
