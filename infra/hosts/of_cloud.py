"""Which hosts a service has at a site, by what its cloud records: servers, their addresses, their consoles' keys.

Its cloud is asked for those alone, by the names that this house gives to servers: to tell all of a city's servers takes
Nova a second and more of its processor.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from keystoneauth1.exceptions import ClientException
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import AstyError
from city.silence import why_silent
from infra.hosts.host import Host, keys_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A server, or a whole site, of which nobody can be asked; `lost` says that nobody knows even what is there."""

    name: str
    reason: str
    lost: bool = False


def hosts(site: str, connect: Callable[[], Connection], service: str) -> tuple[Host | Unreached, ...]:
    """The service's servers at a site, by name. A site that does not answer is one Unreached."""
    return _told(site, connect, f"^{service}-", lambda server: (server.metadata or {}).get("service") == service)


def named(site: str, connect: Callable[[], Connection], names: Collection[str]) -> tuple[Host | Unreached, ...]:
    """The servers of these names at a site, by name. A site that does not answer is one Unreached."""
    pattern = exactly(next(iter(names))) if len(names) == 1 else ""  # Nova takes no `a|b`: it asks MySQL for a real |
    return _told(site, connect, pattern, lambda server: server.name in names)


def exactly(name: str) -> str:
    """By what Nova finds the server of this name, and no other: it takes a regular expression."""
    return f"^{name}$"


def _told(
    site: str, connect: Callable[[], Connection], names: str, wanted: Callable[[Server], bool]
) -> tuple[Host | Unreached, ...]:
    begun = time.monotonic()
    try:
        cloud = connect()
        servers = cloud.compute.servers(name=names) if names else cloud.compute.servers()
        found = [_host(cloud, site, server) for server in servers if wanted(server)]
        return tuple(sorted(found, key=lambda one: one.name))
    except AstyError as error:
        return (Unreached(name=site, reason=f"{error.problem}. {error.remedy}", lost=True),)
    except (SDKException, ClientException) as error:
        said = why_silent(error, time.monotonic() - begun) or str(error).strip().partition("\n")[0]
        return (Unreached(name=site, reason=f"its cloud does not tell its servers: {said}", lost=True),)


def _host(cloud: Connection, site: str, server: Server) -> Host | Unreached:
    name, address = str(server.name), fixed_address(server)
    if server.status != "ACTIVE":
        return Unreached(name=f"{name} ({site})", reason=f"its cloud says {server.status}; start it first")
    if address is None:
        return Unreached(name=f"{name} ({site})", reason="it has no address of its own in any network")
    console = cloud.compute.get_server_console_output(server.id) or {}
    keys = keys_on(str(console.get("output") or ""))
    if not keys:
        return Unreached(name=f"{name} ({site})", reason="its console shows no host key, so nobody can tell it is it")
    return Host(name=name, site=site, address=address, keys=keys)


def fixed_address(server: Server) -> IPv4Address | None:
    """Its fixed address: floating ones lead to load balancers and residents, and not to operators."""
    for found in (server.addresses or {}).values():
        for each in found:
            address = ip_address(str(each.get("addr")))
            if isinstance(address, IPv4Address) and each.get("OS-EXT-IPS:type", "fixed") == "fixed":
                return address
    return None
