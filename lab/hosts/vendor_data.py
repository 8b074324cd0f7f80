"""What the lab gives a host beside what its owner asked for: vendor_data.json, the file of a provider.

As cloud-init takes it: a cloud-config under the key `cloud-init`, here of files alone. A host takes them at each boot.
"""

import json

from lab.hosts import authority, credentials
from lab.hosts.guest import Guest
from lab.params import LabParams


def text(params: LabParams, guest: Guest) -> str | None:
    """With a certificate of its own; None in a lab whose hosts nobody switched on by `asty`: it has no authority."""
    if not params.trust.exists():
        return None
    issued = authority.issue(params, authority.Identity.of(guest))
    files = [*authority.files(issued), *credentials.files(params, authority.roles(guest))]
    return json.dumps({"cloud-init": "#cloud-config\n" + json.dumps({"write_files": files})})
