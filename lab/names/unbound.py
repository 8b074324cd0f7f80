"""Unbound, the caching resolver of a site: what it may be asked, and whom it asks (unbound.conf(5), 1.17).

It asks the site's own name server for the zones that the site serves, and the other site's only where its own is silent
or fails: each site's server leads to that site, so they are never mixed. An answer is kept for its own TTL, and never
longer. Of all else the resolver says that it does not exist, for the lab asks nobody outside. Who has the resolvers of
both sites, in order, is answered by the second where the first is silent or fails: as a resident's device does it.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network

from lab.names.endpoint import Endpoint

UNBOUND = "/usr/sbin/unbound"
FILE = "unbound.conf"
_FORGIVES_S = 5
"""How long a name server that was silent is taken for silent (infra-host-ttl)."""


def config(
    endpoint: Endpoint,
    authorities: Sequence[Endpoint],
    zones: Iterable[str],
    clients: Iterable[IPv4Network],
    *,
    refuses: bool = False,
) -> str:
    """The file. `authorities` serve the zones: each is asked where the one before it gives no answer.

    `refuses`: clients are refused, as a fault has it. Unbound picks among several servers of one zone by their speed;
    it keeps to an order only from a zone to the zone above it, where `forward-first` is set. So the second server is
    that of the root, of which `local-zone` lets nothing through but the zones.
    """
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
    own, *others = authorities
    for name in names:
        lines += _forward(name, own, *(["forward-first: yes"] if others else []))
    for other in others[:1]:
        lines += _forward(".", other)
    return "\n".join(lines) + "\n"


def _forward(name: str, to: Endpoint, *more: str) -> list[str]:
    return ["forward-zone:", *_indented(f'name: "{name}"', f"forward-addr: {to.address}@{to.port}", *more)]


def _indented(*lines: str) -> list[str]:
    return [f"    {line}" for line in lines]
