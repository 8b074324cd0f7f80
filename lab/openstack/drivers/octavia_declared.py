"""What Octavia's database declares of a load balancer, as plain values for the agent that balances.

`declared` reads rows and imports nothing of Octavia, so that its tests need none of it.
"""
# ruff: noqa: ANN401 - rows of OpenStack's are untyped

from typing import Any

from lab.openstack.drivers.exchange import revision

LEAVING = "PENDING_DELETE"
EVERYBODY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
Opening = tuple[str, int, str, str]
"""tcp or udp, a port, the range of those who may come to it, and the range's kind of address, as Neutron calls it."""
UDP = "UDP"
_LISTENERS = {"TCP", "HTTP", "HTTPS", "TERMINATED_HTTPS", UDP}
_POOLS = {"TCP", "HTTP", "HTTPS", "PROXY", "PROXYV2", UDP}
_ALGORITHMS = {"ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"}
_OF_DATAGRAMS = _ALGORITHMS - {"LEAST_CONNECTIONS"}
"""A conversation of datagrams has no end that anybody sees, so that nobody can count those of a member."""
_MONITORS = {"TCP", "HTTP", "HTTPS", "PING", "TLS-HELLO", "UDP-CONNECT"}


def unsupported(*, listener: str = "", pool: str = "", algorithm: str = "", monitor: str = "") -> str | None:
    """Why this provider takes no such thing, for who asked Octavia for it; None where it does."""
    algorithms = _OF_DATAGRAMS if pool == UDP else _ALGORITHMS
    for what, wanted, known in (
        ("listeners of protocol", listener, _LISTENERS),
        ("pools of protocol", pool, _POOLS),
        ("for datagrams the algorithm" if pool == UDP else "the algorithm", algorithm, algorithms),
        ("health monitors of type", monitor, _MONITORS),
    ):
        if wanted and wanted not in known:
            return f"This provider does not offer {what} {wanted}. Use one of {', '.join(sorted(known))}."
    return None


def declared(balancer: Any) -> dict[str, Any]:
    """`balancer` is a row of Octavia's with its relations; what is being deleted is not declared any more."""
    addresses = [balancer.vip.ip_address, *(vip.ip_address for vip in balancer.additional_vips)]
    content = {
        "id": balancer.id,
        "device": f"lb-{balancer.id}",
        "addresses": [address for address in addresses if address],
        "enabled": bool(balancer.enabled),
        "listeners": [_listener(row) for row in _staying(balancer.listeners)],
        "pools": [_pool(row) for row in _staying(balancer.pools)],
    }
    return {**content, "revision": revision(content)}


def openings(balancer: Any) -> set[Opening]:
    """Who may come to which port of the virtual addresses, as the listeners that listen declare it."""
    addresses = [balancer.vip.ip_address, *(vip.ip_address for vip in balancer.additional_vips)]
    kinds = {_kind(address) for address in addresses if address}
    everybody = [EVERYBODY[kind] for kind in kinds]
    return {
        ("udp" if listener.protocol == UDP else "tcp", int(listener.protocol_port), str(cidr), _kind(cidr))
        for listener in _staying(balancer.listeners)
        if balancer.enabled and listener.enabled
        for cidr in ([one.cidr for one in listener.allowed_cidrs] or everybody)
        if _kind(cidr) in kinds
    }


def _kind(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"


def _staying(rows: Any) -> list[Any]:
    return sorted((row for row in rows if row.provisioning_status != LEAVING), key=lambda row: str(row.id))


def _listener(row: Any) -> dict[str, Any]:
    sni = sorted(row.sni_containers, key=lambda one: (one.position or 0, one.tls_container_id))
    certificates = [row.tls_certificate_id, *(one.tls_container_id for one in sni)]
    return {
        "id": row.id,
        "protocol": row.protocol,
        "port": row.protocol_port,
        "enabled": bool(row.enabled),
        "pool": row.default_pool_id,
        "connection_limit": -1 if row.connection_limit is None else row.connection_limit,
        "allowed_cidrs": sorted(one.cidr for one in row.allowed_cidrs),
        "insert_headers": sorted(
            name for name, wanted in (row.insert_headers or {}).items() if str(wanted).lower() == "true"
        ),
        "timeout_client_data": row.timeout_client_data or 50_000,
        "timeout_member_connect": row.timeout_member_connect or 5_000,
        "timeout_member_data": row.timeout_member_data or 50_000,
        "certificates": list(dict.fromkeys(name for name in certificates if name)),
        "tls_versions": list(row.tls_versions or ()),
        "tls_ciphers": row.tls_ciphers,
        "alpn_protocols": list(row.alpn_protocols or ()),
    }


def _pool(row: Any) -> dict[str, Any]:
    persistence, monitor = row.session_persistence, row.health_monitor
    watched = monitor is not None and monitor.provisioning_status != LEAVING
    return {
        "id": row.id,
        "protocol": row.protocol,
        "algorithm": row.lb_algorithm,
        "enabled": bool(row.enabled),
        "members": [_member(one) for one in _staying(row.members)],
        "monitor": _monitor(monitor) if watched else None,
        "persistence": persistence and {"type": persistence.type, "cookie_name": persistence.cookie_name},
        "tls": bool(row.tls_enabled),
    }


def _member(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "address": row.ip_address,
        "port": row.protocol_port,
        "enabled": bool(row.enabled),
        "weight": 1 if row.weight is None else row.weight,
        "backup": bool(row.backup),
        "monitor_address": row.monitor_address,
        "monitor_port": row.monitor_port,
    }


def _monitor(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "delay_s": row.delay,
        "timeout_s": row.timeout,
        "rise": row.rise_threshold,
        "fall": row.fall_threshold,
        "enabled": bool(row.enabled),
        "http_method": row.http_method,
        "url_path": row.url_path,
        "expected_codes": row.expected_codes,
        "http_version": row.http_version,
        "domain_name": row.domain_name,
    }
