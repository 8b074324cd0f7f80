"""What a run that was cut off may have made without learning its id: found again by what was asked for.

What stands by itself is recognised by our mark in tags, metadata or description: city, stack and its own name, which
are its URN. What hangs on something of ours is recognised by that and by what it was to be. A name alone makes nothing
ours. None means that the cloud does not have it: then it is simply made again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from openstack.connection import Connection

from city.errors import NeedsPerson

_IN_THE_CLOUD = "openstack:"

Inputs = Mapping[str, Any]
Find = Callable[[Connection, Inputs], str | None]


def find(cloud: Connection, kind: str, inputs: Inputs) -> str | None:
    """The id under which Pulumi's provider keeps it in the state; `kind` is Pulumi's type token.

    That is not always the one under which it would import it: a member's pool is no part of it.

    None for what exists in the state alone: components. Raises KeyError for a kind that none of ours makes.
    """
    if not kind.startswith(_IN_THE_CLOUD):
        return None
    return _FINDERS[kind.rpartition(":")[2]](cloud, inputs)


def half_made(cloud: Connection, kind: str, identity: str) -> bool:
    """Whether it can never be used: an image whose bytes did not come. Glance makes it first, and takes them after."""
    return kind.endswith(":Image") and cloud.image.get_image(identity).status != "active"


def _first(found: Iterable[Any]) -> str | None:
    """The only one. Raises NeedsPerson where there are more: which of them is ours, nobody but a person can tell."""
    candidates = sorted({str(thing.id) for thing in found})
    if len(candidates) > 1:
        raise NeedsPerson(
            "what a run that was cut off began",
            f"the cloud has {len(candidates)} that it may have made: {', '.join(candidates)}",
            "Give those that are not the city's another name or description, and run this again.",
        )
    return candidates[0] if candidates else None


def _ours(found: Iterable[Any], inputs: Inputs) -> Iterator[Any]:
    """Those that carry our mark, as it was asked for: a name alone makes nothing ours.

    The mark is the description where one was asked for, which comes with the request that makes a thing; else all tags
    and metadata.
    """
    described = inputs.get("description")
    tags, metadata = set(inputs.get("tags") or ()), dict(inputs.get("metadata") or {})
    for thing in found:
        if described:
            ours = thing.description == described
        else:
            worn, told = set(getattr(thing, "tags", None) or ()), getattr(thing, "metadata", None) or {}
            ours = tags <= worn and metadata.items() <= told.items()
        if ours:
            yield thing


_RULE = {
    "ethertype": "ether_type",
    "protocol": "protocol",
    "portRangeMin": "port_range_min",
    "portRangeMax": "port_range_max",
    "remoteIpPrefix": "remote_ip_prefix",
}
"""What a rule lets pass: Pulumi's word for it, and the client's."""


def _rule(cloud: Connection, inputs: Inputs) -> str | None:
    """Of one group, which is ours; Neutron has no two rules there that let the same pass."""
    rules = cloud.network.security_group_rules(security_group_id=inputs["securityGroupId"], direction="ingress")
    return _first(r for r in rules if all(getattr(r, there) == inputs[here] for here, there in _RULE.items()))


def _interface(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(cloud.network.ports(device_id=inputs["routerId"], fixed_ips=f"subnet_id={inputs['subnetId']}"))


def _key_pair(cloud: Connection, inputs: Inputs) -> str | None:
    """It can carry no mark; one of that name with that key is what was asked for, whoever made it."""
    wanted = inputs["publicKey"].split()[:2]
    named = (key for key in cloud.compute.keypairs() if key.name == inputs["name"])
    return str(inputs["name"]) if any(key.public_key.split()[:2] == wanted for key in named) else None


def _flavour(cloud: Connection, inputs: Inputs) -> str | None:
    named = (flavour for flavour in cloud.compute.flavors(details=True) if flavour.name == inputs["name"])
    return _first(_ours(named, inputs))


def _server_group(cloud: Connection, inputs: Inputs) -> str | None:
    """It can carry no mark; but one in which a server already is, is not the one that a run was just making."""
    policies = [inputs["policies"]] if isinstance(inputs["policies"], str) else list(inputs["policies"])
    named = (group for group in cloud.compute.server_groups() if group.name == inputs["name"])
    return _first(g for g in named if not g.member_ids and policies == ([g.policy] if g.policy else g.policies))


def _server(cloud: Connection, inputs: Inputs) -> str | None:
    named = (server for server in cloud.compute.servers(details=True) if server.name == inputs["name"])
    return _first(_ours(named, inputs))


def _attachment(cloud: Connection, inputs: Inputs) -> str | None:
    server, volume = inputs["instanceId"], inputs["volumeId"]
    attached = any(found.volume_id == volume for found in cloud.compute.volume_attachments(server))
    return f"{server}/{volume}" if attached else None


def _image(cloud: Connection, inputs: Inputs) -> str | None:
    wanted = inputs["properties"]["asty_sha256"]
    named = (i for i in cloud.image.images(name=inputs["name"]) if i.properties.get("asty_sha256") == wanted)
    return _first(_ours(named, inputs))


def _beneath(found: Iterable[Any], parents: str, parent: str) -> Iterator[Any]:
    """Those that hang on this very thing, which is ours."""
    return (thing for thing in found if parent in {one["id"] for one in getattr(thing, parents) or ()})


def _listener(cloud: Connection, inputs: Inputs) -> str | None:
    named = cloud.load_balancer.listeners(name=inputs["name"])
    return _first(_beneath(named, "load_balancers", inputs["loadbalancerId"]))


def _pool(cloud: Connection, inputs: Inputs) -> str | None:
    return _first(_beneath(cloud.load_balancer.pools(name=inputs["name"]), "listeners", inputs["listenerId"]))


def _monitor(cloud: Connection, inputs: Inputs) -> str | None:
    named = cloud.load_balancer.health_monitors(name=inputs["name"])
    return _first(_beneath(named, "pools", inputs["poolId"]))


def _member(cloud: Connection, inputs: Inputs) -> str | None:
    pool = inputs["poolId"]
    named = cloud.load_balancer.members(pool, name=inputs["name"])
    return _first(member for member in named if member.address == inputs["address"])


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
    "Listener": _listener,
    "Pool": _pool,
    "Monitor": _monitor,
    "Member": _member,
    "Zone": lambda cloud, inputs: _first(_ours(cloud.dns.zones(name=inputs["name"]), inputs)),
    "RecordSet": _record,
}

KINDS = frozenset(_FINDERS)
