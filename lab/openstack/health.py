"""When a region is ready: every service does its work for a first caller, and the zones hold their hosts.

Rules and connections load with the first requests. Several that come at once to a service just
started may be refused (403 "disallowed by policy"), so the first ones are ours, one after another.
"""

import time
from collections.abc import Callable

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import Failed
from lab.openstack.spec import RegionSpec

PATIENCE_S = 180.0
_RETRY_S = 0.5
_WARM_NETWORK = "lab-warming"


def settle(cloud: Connection, spec: RegionSpec) -> None:
    """Returns once the region works. Raises Failed naming the check that did not come true in time."""
    deadline = time.monotonic() + PATIENCE_S
    for name, check in (
        ("neutron creates and deletes a network", lambda: _warm_neutron(cloud)),
        ("nova lists flavours", lambda: bool([list(cloud.compute.flavors())])),
        ("every compute host is up", lambda: _computes_up(cloud, spec)),
        ("the availability zones hold their hosts", lambda: _zones_made(cloud, spec)),
        ("every volume service is up", lambda: _volumes_up(cloud, spec)),
        ("glance lists images", lambda: bool([list(cloud.image.images())])),
        ("octavia lists load balancers and quotas", lambda: _warm_octavia(cloud)),
        ("designate lists zones", lambda: bool([list(cloud.dns.zones())])),
    ):
        _until(check, f"region {spec.name}: {name}", spec, deadline)


def _until(check: Callable[[], bool], thing: str, spec: RegionSpec, deadline: float) -> None:
    trouble = "not so"
    while time.monotonic() < deadline:
        try:
            if check():
                return
        except (SDKException, ClientException) as error:
            trouble = str(error)
        time.sleep(_RETRY_S)
    raise Failed(thing, f"not after {PATIENCE_S:.0f} s ({trouble})", f"Read the logs in {spec.logs}.")


def _warm_neutron(cloud: Connection) -> bool:
    for left in cloud.network.networks(name=_WARM_NETWORK):
        cloud.network.delete_network(left)
    network = cloud.network.create_network(name=_WARM_NETWORK)
    cloud.network.delete_network(network)
    return True


def _warm_octavia(cloud: Connection) -> bool:
    list(cloud.load_balancer.load_balancers())
    list(cloud.load_balancer.quotas())
    return True


def _computes_up(cloud: Connection, spec: RegionSpec) -> bool:
    up = {service.host for service in cloud.compute.services(binary="nova-compute") if service.state == "up"}
    return up >= set(spec.all_hosts)


def _volumes_up(cloud: Connection, spec: RegionSpec) -> bool:
    up = {service.host for service in cloud.block_storage.services(binary="cinder-volume") if service.state == "up"}
    return len(up) >= len(spec.zones)


def _zones_made(cloud: Connection, spec: RegionSpec) -> bool:
    """One host aggregate per zone, with its hosts in it; made where it is not there."""
    found = {aggregate.name: aggregate for aggregate in cloud.compute.aggregates()}
    for zone, hosts in spec.hosts.items():
        aggregate = found.get(zone) or cloud.compute.create_aggregate(name=zone, availability_zone=zone)
        for host in set(hosts) - set(aggregate.hosts or ()):
            cloud.compute.add_host_to_aggregate(aggregate, host)
    return {zone.name for zone in cloud.compute.availability_zones()} >= set(spec.zones)
