"""What Octavia shows, down to each member."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from openstack.connection import Connection
from openstack.load_balancer.v2.listener import Listener
from openstack.load_balancer.v2.member import Member

from drs.observed import CHANGING, SeenBalancer, SeenListener, SeenMember
from drs.reading.state import OFF, unless

_TAG = "service="
_HEALTHY_MEMBERS = {"ONLINE", "NO_MONITOR"}


def balancers(connection: Connection) -> Iterator[SeenBalancer]:
    listeners = [(_ids(one.load_balancers), one) for one in connection.load_balancer.listeners()]
    for balancer in connection.load_balancer.load_balancers():
        own = [listener for ids, listener in listeners if balancer.id in ids]
        trouble = OFF if not balancer.is_admin_state_up else unless(balancer.provisioning_status, "ACTIVE")
        yield SeenBalancer(
            name=balancer.name,
            service=_service(balancer.tags or ()),
            ready=balancer.provisioning_status in {"ACTIVE", CHANGING},
            address=balancer.vip_address or "",
            listeners=tuple(_listener(connection, listener) for listener in own),
            trouble=trouble,
        )


def _ids(things: Iterable[dict[str, str]] | None) -> set[str]:
    return {thing["id"] for thing in things or ()}


def _listener(connection: Connection, listener: Listener) -> SeenListener:
    pool = listener.default_pool_id
    members = connection.load_balancer.members(pool) if pool else ()
    return SeenListener(
        protocol=listener.protocol,
        port=listener.protocol_port,
        clients=frozenset(IPv4Network(cidr) for cidr in listener.allowed_cidrs or ()),
        members=frozenset(_member(member) for member in members),
        trouble=OFF if not listener.is_admin_state_up else unless(listener.provisioning_status, "ACTIVE"),
        name=listener.name or listener.id,
    )


def _member(member: Member) -> SeenMember:
    healthy = member.operating_status in _HEALTHY_MEMBERS
    trouble = OFF if not member.is_admin_state_up else "" if healthy else member.operating_status
    return SeenMember(address=member.address, port=member.protocol_port, trouble=trouble)


def _service(tags: Iterable[str]) -> str:
    return next((tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)), "")
