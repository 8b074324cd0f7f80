"""What Octavia's rows declare, as the agent reads it: both sides of the exchange in one test."""

from types import SimpleNamespace
from typing import Any

import pytest

from lab.balancing.balancer import Balancer, Listener, Member, Monitor, Persistence, Pool
from lab.openstack.drivers.octavia_declared import declared, openings, unsupported


def row(**values: object) -> SimpleNamespace:
    return SimpleNamespace(**{"enabled": True, "provisioning_status": "ACTIVE", **values})


def member(name: str, **more: object) -> SimpleNamespace:
    plain = {"ip_address": "10.1.1.9", "protocol_port": 443, "weight": 1, "backup": False}
    return row(id=name, **{**plain, "monitor_address": None, "monitor_port": None, **more})


def monitor(**more: object) -> SimpleNamespace:
    times = {"delay": 5, "timeout": 3, "rise_threshold": 2, "fall_threshold": 3}
    page = {"http_method": None, "url_path": None, "expected_codes": None, "http_version": None, "domain_name": None}
    return row(id="h", type="TCP", **times, **page, **more)


def pool(*members: SimpleNamespace, **more: object) -> SimpleNamespace:
    plain = {"protocol": "TCP", "lb_algorithm": "LEAST_CONNECTIONS", "session_persistence": None, "tls_enabled": False}
    return row(id="p", members=members, **{**plain, "health_monitor": None, **more})


def listener(**more: object) -> SimpleNamespace:
    times = {"timeout_client_data": 1, "timeout_member_connect": 2, "timeout_member_data": 3}
    none: dict[str, Any] = {
        "tls_certificate_id": None,
        "tls_versions": None,
        "tls_ciphers": None,
        "alpn_protocols": None,
    }
    plain = {"protocol": "TCP", "protocol_port": 443, "default_pool_id": "p", "connection_limit": None}
    return row(
        id="l", **{**times, **none, **plain, "allowed_cidrs": [], "sni_containers": [], "insert_headers": None, **more}
    )


def balancer(*listeners: SimpleNamespace, pools: tuple[SimpleNamespace, ...] = ()) -> SimpleNamespace:
    extra = [SimpleNamespace(ip_address="fd00::80"), SimpleNamespace(ip_address=None)]
    vip = SimpleNamespace(ip_address="10.1.1.80")
    return row(id="b", vip=vip, additional_vips=extra, listeners=listeners, pools=pools)


def test_rows_become_values() -> None:
    sni = [SimpleNamespace(position=2, tls_container_id="c"), SimpleNamespace(position=1, tls_container_id="b")]
    secured = listener(
        protocol="TERMINATED_HTTPS",
        tls_certificate_id="a",
        sni_containers=sni,
        tls_versions=["TLSv1.3"],
        insert_headers={"X-Forwarded-For": "true", "X-Forwarded-Port": "false"},
        allowed_cidrs=[SimpleNamespace(cidr="10.2.0.0/16"), SimpleNamespace(cidr="10.1.0.0/16")],
        connection_limit=9,
    )
    held = SimpleNamespace(type="APP_COOKIE", cookie_name="id")
    served = pool(member("m2", weight=None), member("m1", weight=0), health_monitor=monitor(), session_persistence=held)
    found = Balancer.read(declared(balancer(secured, pools=(served,))))
    assert found.revision
    assert found == Balancer(
        id="b",
        device="lb-b",
        addresses=("10.1.1.80", "fd00::80"),
        revision=found.revision,
        listeners=(
            Listener(
                id="l",
                protocol="TERMINATED_HTTPS",
                port=443,
                pool="p",
                connection_limit=9,
                allowed_cidrs=("10.1.0.0/16", "10.2.0.0/16"),
                insert_headers=("X-Forwarded-For",),
                timeout_client_data=1,
                timeout_member_connect=2,
                timeout_member_data=3,
                certificates=("a", "b", "c"),
                tls_versions=("TLSv1.3",),
            ),
        ),
        pools=(
            Pool(
                id="p",
                protocol="TCP",
                algorithm="LEAST_CONNECTIONS",
                members=(
                    Member(id="m1", address="10.1.1.9", port=443, weight=0),
                    Member(id="m2", address="10.1.1.9", port=443),
                ),
                monitor=Monitor(id="h", type="TCP", delay_s=5, timeout_s=3, rise=2, fall=3),
                persistence=Persistence(type="APP_COOKIE", cookie_name="id"),
            ),
        ),
    )


def test_what_is_being_deleted_is_declared_no_more() -> None:
    leaving = {"provisioning_status": "PENDING_DELETE"}
    served = pool(member("m1"), member("m2", **leaving), health_monitor=monitor(**leaving))
    found = Balancer.read(declared(balancer(listener(**leaving), pools=(served,))))
    assert found.listeners == () and [one.id for one in found.pools[0].members] == ["m1"]
    assert found.pools[0].monitor is None


def test_another_wish_has_another_revision_and_the_order_of_rows_is_no_wish() -> None:
    def named(*members: SimpleNamespace) -> object:
        return declared(balancer(listener(), pools=(pool(*members),)))["revision"]

    assert named(member("a"), member("b")) == named(member("b"), member("a"))
    assert named(member("a")) != named(member("a", weight=2)) != named(member("a", enabled=False))


def test_the_virtual_address_is_open_to_whom_the_listeners_let_in_and_to_nobody_else() -> None:
    ranges = [SimpleNamespace(cidr="10.2.0.0/16"), SimpleNamespace(cidr="fd00::/8")]
    some, all_of_them = listener(allowed_cidrs=ranges), listener(protocol="UDP")
    closed = listener(protocol_port=81, enabled=False)
    leaving = listener(protocol_port=82, provisioning_status="PENDING_DELETE")
    one = balancer(some, all_of_them, closed, leaving)
    assert openings(one) == {
        ("tcp", 443, "10.2.0.0/16", "IPv4"),
        ("tcp", 443, "fd00::/8", "IPv6"),
        ("udp", 443, "0.0.0.0/0", "IPv4"),
        ("udp", 443, "::/0", "IPv6"),
    }
    one.additional_vips = []
    assert openings(one) == {("tcp", 443, "10.2.0.0/16", "IPv4"), ("udp", 443, "0.0.0.0/0", "IPv4")}
    one.enabled = False
    assert openings(one) == set()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"listener": "PROMETHEUS"}, "listeners of protocol PROMETHEUS. Use one of"),
        ({"pool": "SCTP"}, "pools of protocol SCTP. Use one of"),
        ({"algorithm": "SOURCE_IP_PORT"}, "the algorithm SOURCE_IP_PORT. Use one of LEAST_CONNECTIONS"),
        ({"monitor": "SCTP"}, "health monitors of type SCTP. Use one of"),
        (
            {"pool": "UDP", "algorithm": "LEAST_CONNECTIONS"},
            "for datagrams the algorithm LEAST_CONNECTIONS. Use one of ROUND_ROBIN, SOURCE_IP.",
        ),
    ],
)
def test_what_the_provider_does_not_offer_it_says(asked: dict[str, str], said: str) -> None:
    assert said in (unsupported(**asked) or "")


def test_what_the_provider_offers_it_takes() -> None:
    assert unsupported(listener="TCP", pool="PROXYV2", algorithm="ROUND_ROBIN", monitor="TLS-HELLO") is None
    assert unsupported(listener="UDP", pool="UDP", algorithm="SOURCE_IP", monitor="UDP-CONNECT") is None
    assert unsupported() is None
