"""Load balancers as the provider's driver writes them, for tests."""

from typing import Any

Raw = dict[str, Any]

POOL, LISTENER, BALANCER, MONITOR = "pool-1", "listener-1", "balancer-1", "monitor-1"


def member(name: str, address: str = "127.92.0.81", port: int = 9000, **more: object) -> Raw:
    return {"id": name, "address": address, "port": port, **more}


def monitor(**more: object) -> Raw:
    return {"id": MONITOR, "type": "TCP", "delay_s": 5, "timeout_s": 3, "rise": 2, "fall": 3, **more}


def pool(*members: Raw, **more: object) -> Raw:
    plain: Raw = {"id": POOL, "protocol": "TCP", "algorithm": "ROUND_ROBIN", "monitor": None, "persistence": None}
    return {**plain, "members": list(members), **more}


def listener(**more: object) -> Raw:
    lists = ("allowed_cidrs", "insert_headers", "certificates", "tls_versions", "alpn_protocols")
    plain: Raw = {"id": LISTENER, "protocol": "TCP", "port": 8443, "pool": POOL, **{name: [] for name in lists}}
    return {**plain, **more}


def balancer(*listeners: Raw, pools: tuple[Raw, ...] = (), **more: object) -> Raw:
    plain: Raw = {"id": BALANCER, "device": f"lb-{BALANCER}", "addresses": ["127.92.0.80"], "revision": "r1"}
    return {**plain, "listeners": list(listeners), "pools": list(pools), **more}


def simple(*members: Raw, **more: object) -> Raw:
    """One listener before one pool of these members."""
    return balancer(listener(), pools=(pool(*members, **more),))
