"""Unbound, the caching resolver of a site: what it may be asked, and whom it asks (unbound.conf(5), 1.17).

It asks the site's own name server for the zones that the site serves, keeps each answer for the answer's own TTL, and
never longer. Of all else it says that it does not exist, for the lab asks nobody outside. Who has the resolvers of
both sites, in order, is answered by the second where the first is silent or fails: as a resident's device does it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network

from lab.names.endpoint import Endpoint

UNBOUND = "/usr/sbin/unbound"
FILE = "unbound.conf"
_FORGIVES_S = 5
"""How long a name server that was silent is taken for silent (infra-host-ttl)."""


def config(
    endpoint: Endpoint,
    authority: Endpoint,
    zones: Iterable[str],
    clients: Iterable[IPv4Network],
    *,
    refuses: bool = False,
) -> str:
    """The file; the zones are those that `authority` serves. `refuses`: clients are refused, as a fault has it."""
    names = sorted(zones)
    lines = [
        "server:",
        *_indented(
            f"interface: {endpoint.address}@{endpoint.port}",
            "ip-freebind: yes",
            "do-ip6: no",
            *(f"access-control: {client} {'refuse' if refuses else 'allow'}" for client in clients),
            'username: ""',
            'chroot: ""',
            'directory: "."',
            'pidfile: ""',
            "use-syslog: no",
            'logfile: ""',
            "num-threads: 1",
            "msg-cache-size: 1m",
            "rrset-cache-size: 1m",
            'module-config: "iterator"',
            "do-not-query-localhost: no",
            "serve-expired: no",
            "cache-min-ttl: 0",
            f"infra-host-ttl: {_FORGIVES_S}",
            "outbound-msg-retry: 1",
            'local-zone: "." static',
            *(f'local-zone: "{name}" transparent' for name in names),
        ),
        "remote-control:",
        *_indented("control-enable: no"),
    ]
    for name in names:
        lines += ["stub-zone:", *_indented(f'name: "{name}"', f"stub-addr: {authority.address}@{authority.port}")]
    return "\n".join(lines) + "\n"


def _indented(*lines: str) -> list[str]:
    return [f"    {line}" for line in lines]
