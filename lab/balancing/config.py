"""The HAProxy configuration of a load balancer: a pure function of what Octavia declares.

Options are those of HAProxy's configuration manual 2.6 (chapter in brackets where one is not obvious), chosen as
Octavia's own provider chooses them. Paths are relative to the load balancer's folder, in which HAProxy runs, so that a
long path never outgrows a Unix socket's 107 bytes.
"""

import re
from collections.abc import Iterable, Iterator

from city.errors import Refused
from lab.balancing.balancer import Balancer, Listener, Member, Monitor, Pool
from lab.openstack.drivers.octavia_declared import UDP, unsupported

STATS, STATE, NUDGES = "stats", "state", "../nudges"
"""Socket to ask, file that carries the members' health over a reload, socket that health events are written to."""
PING, DATAGRAM = "ping", "datagram"
"""The commands that check a member by ICMP and by UDP, in the load balancer's folder."""
_COMMANDS = {"PING": PING, "UDP-CONNECT": DATAGRAM}
DRAIN_S = 60
"""How long a connection may outlive the member, listener or setting under which it was made."""
_NO_LIMIT = 2000
"""Connections at once where Octavia declares no limit; HAProxy allots tables for it."""
_ALGORITHMS = {"ROUND_ROBIN": "roundrobin", "LEAST_CONNECTIONS": "leastconn", "SOURCE_IP": "source"}
_TLS_VERSIONS = {"SSLv3": "sslv3", "TLSv1": "tlsv10", "TLSv1.1": "tlsv11", "TLSv1.2": "tlsv12", "TLSv1.3": "tlsv13"}
_HTTP_LISTENERS = ("HTTP", "TERMINATED_HTTPS")
_HEADERS = {
    "X-Forwarded-For": "option forwardfor",
    "X-Forwarded-Port": "http-request set-header X-Forwarded-Port %[dst_port]",
    "X-Forwarded-Proto": "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]",
}
_CERTIFICATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def text(balancer: Balancer, description: str, user: str | None) -> str:
    """The whole file. `description` is what the running process can be asked for; `user` whom it becomes.

    Listeners that cannot be served are left out: `refusals` names them. Of one for datagrams, which the kernel
    forwards, HAProxy checks the members, and listens for nobody. Raises Refused for a value that would say more in
    the file than it says in Octavia.
    """
    served = served_listeners(balancer)
    blocks = [_global(balancer, served, description, user), _defaults()]
    for listener in served:
        if listener.protocol != UDP:
            blocks.append(_frontend(balancer, listener))
        if (pool := balancer.pool(listener)) is not None:
            blocks.append(_backend(listener, pool))
    return "\n".join(f"{head}\n" + "".join(f"    {line}\n" for line in lines) for head, lines in blocks)


def refusals(balancer: Balancer) -> dict[str, str]:
    """Why a listener, a pool or a monitor is not served, by its id: they were declared before this provider came."""
    found: dict[str, str] = {}
    for listener in balancer.listeners:
        if why := unsupported(listener=listener.protocol) or _other_family(listener.protocol, balancer.addresses):
            found[listener.id] = why
    for pool in balancer.pools:
        members = [member.address for member in pool.members]
        if why := unsupported(pool=pool.protocol, algorithm=pool.algorithm) or _other_family(pool.protocol, members):
            found[pool.id] = why
        if pool.monitor is not None and (why := unsupported(monitor=pool.monitor.type)):
            found[pool.monitor.id] = found[pool.id] = why
    return found


def served_listeners(balancer: Balancer) -> tuple[Listener, ...]:
    """Those that listen: open, of a protocol that is known, before a pool that can be balanced or before none."""
    refused = refusals(balancer)
    return tuple(one for one in balancer.open if one.id not in refused and one.pool not in refused)


def _other_family(protocol: str, addresses: Iterable[str]) -> str | None:
    if protocol == UDP and any(":" in address for address in addresses):
        return "This provider forwards datagrams over IPv4 alone. Give IPv4 addresses."
    return None


def certificate_file(name: str) -> str:
    """Where a listener's certificate lies with its key. Raises Refused for a name that is more than a name."""
    if not _CERTIFICATE.fullmatch(name):
        raise Refused(
            f"certificate {name}", "it is not a name of the certificate manager", "Name the listener another."
        )
    return f"tls/{name}.pem"


def word(value: object) -> str:
    """A value as one word of the file (2.2). Raises Refused where it holds control characters."""
    written = str(value)
    if not written or not written.isprintable():
        raise Refused(f"value {written!r}", "it cannot stand in HAProxy's configuration", "Declare another one.")
    return re.sub(r"""([\\"'#\s])""", r"\\\1", written)


Block = tuple[str, list[str]]


def _global(balancer: Balancer, served: tuple[Listener, ...], description: str, user: str | None) -> Block:
    """A check by ping starts a program, to which its file's capability must give what ICMP takes."""
    pools = [pool for listener in served if (pool := balancer.pool(listener)) is not None]
    monitors = [pool.monitor for pool in pools if pool.monitor and pool.monitor.enabled]
    return (
        "global",
        [
            f"description {description}",
            *([f"user {user}", f"group {user}"] if user else []),
            "nbthread 1",
            f"maxconn {max(1, sum(_limit(one) for one in served if one.protocol != UDP))}",
            f"log unix@{NUDGES} len 1024 local0 notice",
            f"stats socket unix@{STATS} mode 600 level admin expose-fd listeners",
            f"server-state-file {STATE}",
            f"hard-stop-after {DRAIN_S}s",
            *(["external-check", "insecure-fork-wanted"] if any(one.type in _COMMANDS for one in monitors) else []),
            *(["insecure-setuid-wanted"] if any(one.type == "PING" for one in monitors) else []),
        ],
    )


def _defaults() -> Block:
    """A check's first result is an event, too (log-health-checks): until then a member's health is unknown."""
    return (
        "defaults",
        [
            "log global",
            "option log-health-checks",
            "option redispatch",
            "retries 3",
            "timeout http-request 30s",
            "load-server-state-from-file global",
        ],
    )


def _limit(listener: Listener) -> int:
    return listener.connection_limit if listener.connection_limit > 0 else _NO_LIMIT


def _frontend(balancer: Balancer, listener: Listener) -> Block:
    pool = balancer.pool(listener)
    lines = [
        *(f"bind {_endpoint(address, listener.port)}{_tls(listener)}" for address in balancer.addresses),
        f"mode {_mode(listener)}",
        f"maxconn {_limit(listener)}",
        f"timeout client {listener.timeout_client_data}",
    ]
    if listener.allowed_cidrs:
        lines.append(f"tcp-request connection reject unless {{ src {' '.join(map(word, listener.allowed_cidrs))} }}")
    if pool is not None:
        lines.append(f"default_backend {_backend_name(listener, pool)}")
    return f"frontend {listener.id}", lines


def _backend(listener: Listener, pool: Pool) -> Block:
    lines = [
        f"mode {_mode(listener)}",
        f"balance {_ALGORITHMS[pool.algorithm]}",
        *_persistence(pool),
        *_checks(pool.monitor),
        *(_HEADERS[name] for name in listener.insert_headers if name in _HEADERS and _mode(listener) == "http"),
        "option allbackups",
        f"timeout connect {listener.timeout_member_connect}",
        f"timeout server {listener.timeout_member_data}",
        *(_server(pool, member) for member in pool.members),
    ]
    return f"backend {_backend_name(listener, pool)}", lines


def _backend_name(listener: Listener, pool: Pool) -> str:
    """As in Octavia's own provider: one per listener, whose time limits it takes."""
    return f"{pool.id}:{listener.id}"


def _mode(listener: Listener) -> str:
    return "http" if listener.protocol in _HTTP_LISTENERS else "tcp"


def _tls(listener: Listener) -> str:
    if listener.protocol != "TERMINATED_HTTPS":
        return ""
    words = ["", "ssl", *(f"crt {certificate_file(name)}" for name in listener.certificates)]
    if listener.tls_versions:
        words += [f"no-{name}" for version, name in _TLS_VERSIONS.items() if version not in listener.tls_versions]
    if listener.tls_ciphers:
        words.append(f"ciphers {word(listener.tls_ciphers)}")
    if listener.alpn_protocols:
        words.append(f"alpn {word(','.join(listener.alpn_protocols))}")
    return " ".join(words)


def _persistence(pool: Pool) -> Iterator[str]:
    if pool.persistence is None or pool.protocol == UDP:
        return
    match pool.persistence.type:
        case "SOURCE_IP":
            yield "stick-table type ipv6 size 10k"
            yield "stick on src"
        case "HTTP_COOKIE":
            yield "cookie SRV insert indirect nocache"
        case "APP_COOKIE":
            cookie = word(pool.persistence.cookie_name)
            yield "stick-table type string len 64 size 10k"
            yield f"stick store-response res.cook({cookie})"
            yield f"stick match req.cook({cookie})"
        case other:
            raise Refused(f"pool {pool.id}", f"its session persistence {other} is not known", "Declare another one.")


def _checks(monitor: Monitor | None) -> Iterator[str]:
    if monitor is None or not monitor.enabled:
        return
    yield f"timeout check {monitor.timeout_s}s"
    if monitor.type in {"HTTP", "HTTPS"}:
        version = f"HTTP/{monitor.http_version or 1.0}"
        host = f" hdr Host {word(monitor.domain_name)}" if monitor.domain_name else ""
        method, path = word(monitor.http_method or "GET"), word(monitor.url_path or "/")
        yield "option httpchk"
        yield f"http-check send meth {method} uri {path} ver {version}{host}"
        yield f"http-check expect status {word(monitor.expected_codes or '200')}"
    if monitor.type in _COMMANDS:
        yield "option external-check"
        yield "external-check path ."
        yield f"external-check command {_COMMANDS[monitor.type]}"


def _server(pool: Pool, member: Member) -> str:
    """A command is told where a member is, and not where it is watched: of datagrams HAProxy knows the latter alone."""
    address, port = member.address, member.port
    if pool.protocol == UDP:
        address, port = member.monitor_address or address, member.monitor_port or port
    words = [f"server {member.id} {_endpoint(address, port)}", f"weight {min(member.weight, 256)}"]
    if pool.monitor is not None and pool.monitor.enabled:
        words += _check(pool.monitor, member)
    if pool.persistence is not None and pool.persistence.type == "HTTP_COOKIE":
        words.append(f"cookie {member.id}")
    words += {"PROXY": ["send-proxy"], "PROXYV2": ["send-proxy-v2"]}.get(pool.protocol, [])
    words += [option for option, wanted in (("backup", member.backup), ("disabled", not member.enabled)) if wanted]
    words += ["ssl verify none"] if pool.tls else []
    return " ".join(words)


def _check(monitor: Monitor, member: Member) -> Iterator[str]:
    yield "check"
    if monitor.type in {"HTTPS", "TLS-HELLO"}:
        yield "check-ssl verify none"
    yield f"inter {monitor.delay_s}s fall {monitor.fall} rise {monitor.rise}"
    if member.monitor_address:
        yield f"addr {word(member.monitor_address)}"
    if member.monitor_port:
        yield f"port {member.monitor_port}"


def _endpoint(address: str, port: int) -> str:
    """An IPv6 address in brackets, or its last group would be read as a port."""
    return f"[{word(address)}]:{port}" if ":" in address else f"{word(address)}:{port}"
