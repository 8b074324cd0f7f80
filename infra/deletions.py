"""Servers whose deletion the provider gave up, and the cloud ended a moment later.

A server in ERROR stays so while Nova deletes it, and the provider waits for no server in ERROR. Its words are those of
terraform-provider-openstack (resource_openstack_compute_instance_v2.go) and of the SDK's `StateChangeConf`.
"""

import re
import time
from collections.abc import Collection, Mapping, Sequence

from openstack.connection import Connection

_GAVE_UP = re.compile(
    r"Error waiting for instance \(([0-9a-f-]{36})\) to Delete:\s+unexpected state 'ERROR', wanted target 'DELETED"
)
_GONE = frozenset({"DELETED", "SOFT_DELETED"})
_LOOKS = 30
_REST_S = 1.0


def given_up(errors: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The id of each server that only was not waited for, by its URN; `errors` is what was said of each resource."""
    found = {urn: [_GAVE_UP.search(said) for said in told] for urn, told in errors.items() if urn and told}
    return {urn: last[1] for urn, matches in found.items() if all(matches) and (last := matches[-1])}


def gone(cloud: Connection, servers: Collection[str]) -> frozenset[str]:
    """Those of the ids that the cloud has deleted; it is given half a minute to come to the end of it."""
    left = frozenset(servers)
    for look in range(_LOOKS):
        if look:
            time.sleep(_REST_S)
        left = frozenset(server for server in left if _there(cloud, server))
        if not left:
            break
    return frozenset(servers) - left


def _there(cloud: Connection, server: str) -> bool:
    found = cloud.compute.find_server(server, ignore_missing=True)
    return found is not None and found.status not in _GONE
