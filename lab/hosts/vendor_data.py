"""What the lab gives a host beside what its owner asked for: vendor_data.json, the file of a provider.

As cloud-init takes it: a cloud-config under the key `cloud-init`, here of files alone. A host takes them at each boot.
"""

import json

from lab.hosts import authority, credentials
from lab.hosts.guest import Guest
from lab.openstack.spec import kept_specs
from lab.params import LabParams


def text(params: LabParams, guest: Guest) -> str | None:
    """With a certificate of its own; None in a lab whose hosts nobody switched on by `asty`: it has no authority."""
    if not params.trust.exists():
        return None
    issued = authority.issue(params, authority.Identity.of(guest))
    given = credentials.files(params, authority.roles(guest), _region(params, guest), authority.service(guest))
    files = [*authority.files(issued), *given]
    return json.dumps({"cloud-init": "#cloud-config\n" + json.dumps({"write_files": files})})


def _region(params: LabParams, guest: Guest) -> int | None:
    """Its number; None for a guest of no region of this lab."""
    return next((spec.index for spec in kept_specs(params) if spec.name == guest.region), None)
