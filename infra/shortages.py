"""What of a plan a project's quotas have no room for: said before the cloud refuses it half-way."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import AstyError
from city.model.city import City
from city.model.places import SiteRole
from infra.placement import Placed, placed
from infra.plan import Step
from infra.quotas import Quota, quotas

_DEFAULT_RULES = 2
"""Neutron puts two rules into each new group: whatever leaves may, by IPv4 and by IPv6."""
_ROOM: Mapping[str, Mapping[str, int]] = {
    "FloatingIp": {"floating addresses": 1},
    "Keypair": {"key pairs": 1},
    "Listener": {"listeners": 1},
    "LoadBalancer": {"load balancers": 1, "ports": 1},
    "Member": {"pool members": 1},
    "Monitor": {"health monitors": 1},
    "Network": {"networks": 1},
    "Pool": {"pools": 1},
    "Port": {"ports": 1},
    "Router": {"routers": 1},
    "RouterInterface": {"ports": 1},
    "SecGroup": {"security groups": 1, "security group rules": _DEFAULT_RULES},
    "SecGroupRule": {"security group rules": 1},
    "ServerGroup": {"server groups": 1},
    "Subnet": {"subnets": 1},
    "Zone": {"zones": 1},
}
"""By kind, what one more of it takes; how much servers and volumes take, their declaration says."""
NOT_COUNTED = frozenset({"Flavor", "Image", "RecordSet", "VolumeAttach"})
_MADE_FIRST = frozenset({"SecGroupRule"})
"""What is replaced by making the new one before the old one goes: for a moment both stand."""
_EACH = frozenset({"GB of one volume", "members of one server group"})
"""Limits of each single thing: not the sum counts, but the largest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large what stands is now, by name: servers as cores and MB of memory, volumes in GB."""

    servers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    volumes: Mapping[str, int] = field(default_factory=dict)


def shortages(city: City, role: SiteRole, steps: Iterable[Step], look: Callable[[], Connection]) -> tuple[str, ...]:
    """One line for each quota that has less free than the steps take; none where nobody could ask the cloud."""
    listed = [step for step in steps if step.op in {"create", "replace", "resize", "update"}]
    if not listed:
        return ()
    with suppress(AstyError, SDKException, ClientException), look() as cloud:
        return tuple(told(taken(city, role, listed, _sizes(cloud, listed)), quotas(cloud)))
    return ()


def told(needs: Mapping[str, int], found: Iterable[Quota]) -> Iterator[str]:
    for quota in found:
        need = needs.get(quota.what, 0)
        if need and quota.most is not None and need > quota.most - quota.used:
            left = max(quota.most - quota.used, 0)
            yield (
                f"quota of {quota.what}: this plan takes {need}, and {left} of {quota.most} "
                f"{'is' if left == 1 else 'are'} free. Have it raised by {quota.used + need - quota.most} first: the "
                "cloud would refuse the rest half-way"
            )


def taken(city: City, role: SiteRole, steps: Iterable[Step], there: Sizes) -> Mapping[str, int]:
    """What the steps take of each quota. Nothing is given back for what is deleted: Pulumi deletes last."""
    owners = {name: one for one in placed(city, role) for name in (*one.every_server, *one.every_volume)}
    found: Counter[str] = Counter()
    for step in steps:
        for what, need in _room(city, step, owners, there).items():
            found[what] = max(found[what], need) if what in _EACH else found[what] + need
    return found


def _room(city: City, step: Step, owners: Mapping[str, Placed], there: Sizes) -> Mapping[str, int]:
    kind, _, name = step.subject.partition(" ")
    if kind == "Instance":
        return _server(city, step.op, owners[name], name, there.servers.get(name)) if name in owners else {}
    if kind == "Volume":
        return _volume(step, owners[name].gigabytes(name), there.volumes.get(name)) if name in owners else {}
    more = step.op == "create" or (step.op == "replace" and kind in _MADE_FIRST)
    return _ROOM.get(kind, {}) if more else {}


def _server(city: City, op: str, owner: Placed, name: str, now: tuple[int, int] | None) -> Mapping[str, int]:
    """One that is replaced was deleted before; one that is resized takes what its new size has more."""
    flavour = next(one for one in city.platform.flavours if one.id == owner.workload.flavour)
    if op == "create":
        each = {"members of one server group": owner.members} if name in owner.member_names else {}
        return {"servers": 1, "cores": flavour.vcpus, "memory in MB": flavour.ram_mb, **each}
    if op == "resize" and now is not None:
        return {"cores": max(flavour.vcpus - now[0], 0), "memory in MB": max(flavour.ram_mb - now[1], 0)}
    return {}


def _volume(step: Step, gigabytes: int, now: int | None) -> Mapping[str, int]:
    if step.op == "create":
        return {"volumes": 1, "GB of volumes": gigabytes, "GB of one volume": gigabytes}
    if step.op == "update" and "size" in step.changed and now is not None:
        return {"GB of volumes": max(gigabytes - now, 0), "GB of one volume": gigabytes}
    return {}


def _sizes(cloud: Connection, steps: Iterable[Step]) -> Sizes:
    """Asked only of what is to grow."""
    growing = {step.subject.partition(" ")[0] for step in steps if step.op in {"resize", "update"}}
    servers = cloud.compute.servers(details=True) if "Instance" in growing else ()
    volumes = cloud.block_storage.volumes() if "Volume" in growing else ()
    return Sizes(
        servers={one.name: (one.flavor.vcpus, one.flavor.ram) for one in servers},
        volumes={one.name: one.size for one in volumes},
    )
