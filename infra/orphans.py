"""What a run that was cut off may have made without learning its id: found again by what was asked for.

Every resource of ours has a name, a parent or an address of its own, so the inputs that Pulumi recorded before it
asked are enough to recognise it. None means that the cloud does not have it: then it is simply made again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from openstack.connection import Connection

from city.errors import NeedsPerson

_IN_THE_CLOUD = "openstack:"

Inputs = Mapping[str, Any]
Find = Callable[[Connection, Inputs], str | None]


def find(cloud: Connection, kind: str, inputs: Inputs) -> str | None:
    """The id under which Pulumi's provider would import it; `kind` is Pulumi's type token.

    None for what exists in the state alone: components. Raises KeyError for a kind that none of ours makes.
    """
    if not kind.startswith(_IN_THE_CLOUD):
        return None
    return _FINDERS[kind.rpartition(":")[2]](cloud, inputs)


def _first(found: Iterable[Any]) -> str | None:
    """The only one. Raises NeedsPerson where there are more: which of them is ours, nobody but a person can tell."""
    candidates = sorted({str(thing.id) for thing in found})
    if len(candidates) > 1:
        raise NeedsPerson(
            "what a run that was cut off began",
            f"the cloud has {len(candidates)} that it may have made: {', '.join(candidates)}",
            "Delete those that are not the city's, and run this again.",
        )
    return candidates[0] if candidates else None


def _ours(found: Iterable[Any], inputs: Inputs) -> Iterator[Any]:
    """Those that carry every tag, and all the metadata, that were asked for: a name alone makes nothing ours.

    Raises NeedsPerson for one of that name without any tag: Neutron gives tags in a second request, so that it may be
    ours, half-made, or a stranger's.
    """
    tags, metadata = set(inputs.get("tags") or ()), dict(inputs.get("metadata") or {})
    for thing in found:
        worn, told = set(getattr(thing, "tags", None) or ()), getattr(thing, "metadata", None) or {}
        if tags and not worn:
            raise NeedsPerson(
                "what a run that was cut off began",
                f"{inputs['name']} ({thing.id}) has the right name and no tag: it may be ours, or a stranger's",
                f"Delete it, or tag it as ours: {', '.join(sorted(tags))}. Then run this again.",
            )
        if tags <= worn and metadata.items() <= told.items():
            yield thing


def _rule(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(
        rule
        for rule in cloud.network.security_group_rules(security_group_id=inputs["securityGroupId"], direction="ingress")
        if (rule.protocol, rule.port_range_min, rule.remote_ip_prefix)
        == (inputs["protocol"], inputs["portRangeMin"], inputs["remoteIpPrefix"])
    )


def _interface(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(cloud.network.ports(device_id=inputs["routerId"], fixed_ips=f"subnet_id={inputs['subnetId']}"))


def _key_pair(cloud: Connection, inputs: Inputs) -> str | None:
    return inputs["name"] if cloud.compute.find_keypair(inputs["name"]) else None


def _flavour(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(flavour for flavour in cloud.compute.flavors(details=False) if flavour.name == inputs["name"])


def _server_group(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(group for group in cloud.compute.server_groups() if group.name == inputs["name"])


def _server(cloud: Connection, inputs: Inputs) -> str | None:
    named = (server for server in cloud.compute.servers(details=True) if server.name == inputs["name"])
    return _first(_ours(named, inputs))


def _attachment(cloud: Connection, inputs: Inputs) -> str | None:
    server, volume = inputs["instanceId"], inputs["volumeId"]
    attached = any(found.volume_id == volume for found in cloud.compute.volume_attachments(server))
    return f"{server}/{volume}" if attached else None


def _image(cloud: Connection, inputs: Inputs) -> str | None:
    wanted = inputs["properties"]["asty_sha256"]
    return _first(i for i in cloud.image.images(name=inputs["name"]) if i.properties.get("asty_sha256") == wanted)


def _member(cloud: Connection, inputs: Inputs) -> str | None:
    pool = inputs["poolId"]
    found = _first(cloud.load_balancer.members(pool, name=inputs["name"]))
    return f"{pool}/{found}" if found else None


def _record(cloud: Connection, inputs: Inputs) -> str | None:
    zone = inputs["zoneId"]
    found = _first(cloud.dns.recordsets(zone, name=inputs["name"], type=inputs["type"]))
    return f"{zone}/{found}" if found else None


_FINDERS: dict[str, Find] = {
    "Network": lambda cloud, inputs: _first(_ours(cloud.network.networks(name=inputs["name"]), inputs)),
    "Subnet": lambda cloud, inputs: _first(
        _ours(cloud.network.subnets(name=inputs["name"], network_id=inputs["networkId"]), inputs)
    ),
    "Router": lambda cloud, inputs: _first(_ours(cloud.network.routers(name=inputs["name"]), inputs)),
    "RouterInterface": _interface,
    "SecGroup": lambda cloud, inputs: _first(_ours(cloud.network.security_groups(name=inputs["name"]), inputs)),
    "SecGroupRule": _rule,
    "Port": lambda cloud, inputs: _first(
        _ours(cloud.network.ports(name=inputs["name"], network_id=inputs["networkId"]), inputs)
    ),
    "FloatingIp": lambda cloud, inputs: _first(cloud.network.ips(port_id=inputs["portId"])),
    "Keypair": _key_pair,
    "Flavor": _flavour,
    "ServerGroup": _server_group,
    "Instance": _server,
    "Volume": lambda cloud, inputs: _first(_ours(cloud.block_storage.volumes(name=inputs["name"]), inputs)),
    "VolumeAttach": _attachment,
    "Image": _image,
    "LoadBalancer": lambda cloud, inputs: _first(
        _ours(cloud.load_balancer.load_balancers(name=inputs["name"]), inputs)
    ),
    "Listener": lambda cloud, inputs: _first(cloud.load_balancer.listeners(name=inputs["name"])),
    "Pool": lambda cloud, inputs: _first(cloud.load_balancer.pools(name=inputs["name"])),
    "Monitor": lambda cloud, inputs: _first(cloud.load_balancer.health_monitors(name=inputs["name"])),
    "Member": _member,
    "Zone": lambda cloud, inputs: _first(cloud.dns.zones(name=inputs["name"])),
    "RecordSet": _record,
}

KINDS = frozenset(_FINDERS)
