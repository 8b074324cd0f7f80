"""What a region's Keystone says of its services: their types, names and addresses."""

from dataclasses import dataclass

from lab.openstack.spec import RegionSpec
from lab.params import Api


@dataclass(frozen=True, slots=True)
class Entry:
    """A service of the catalogue: its type and name, who answers, and the path below that address."""

    type: str
    name: str
    api: Api
    path: str = ""

    def url(self, spec: RegionSpec) -> str:
        return spec.url(self.api) + self.path


ENTRIES = (
    Entry("identity", "keystone", Api.KEYSTONE, "/v3"),
    Entry("image", "glance", Api.GLANCE),
    Entry("compute", "nova", Api.NOVA, "/v2.1"),
    Entry("network", "neutron", Api.NEUTRON),
    Entry("block-storage", "cinder", Api.CINDER, "/v3"),
    Entry("volumev3", "cinderv3", Api.CINDER, "/v3"),  # the type that older clients ask for
    Entry("placement", "placement", Api.PLACEMENT),
    Entry("dns", "designate", Api.DESIGNATE),
    Entry("load-balancer", "octavia", Api.OCTAVIA),
)
INTERFACES = ("public", "internal", "admin")
ROLES = ("admin", "service", "load-balancer_member", "load-balancer_admin")
"""Keystone's own bootstrap makes the others: manager, member, reader."""
