"""Rules of security groups as nft(8) has them: every kind that Neutron's API takes, and what the kernel says to it."""

import subprocess
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.net import rules
from lab.net.security_groups import rules_of
from lab.net.wanted import AddressPair, Direction, Ethertype, FixedIp, Port, Region, SecurityGroup, SecurityGroupRule

GROUP = "0f3a9c1e-77aa-4b1c-9d00-123456789abc"
IN, OUT = Direction.INGRESS, Direction.EGRESS
RULE = SecurityGroupRule(direction=IN)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        pytest.param({}, "meta nfproto ipv4", id="anything"),
        pytest.param({"ethertype": Ethertype.IPV6}, "meta nfproto ipv6", id="anything over IPv6"),
        pytest.param({"protocol": "tcp"}, "meta nfproto ipv4 meta l4proto 6", id="a protocol"),
        pytest.param(
            {"protocol": "tcp", "port_range_min": 443, "port_range_max": 443},
            "meta nfproto ipv4 meta l4proto 6 th dport 443",
            id="a port",
        ),
        pytest.param(
            {"protocol": "17", "port_range_min": 5000, "port_range_max": 5010},
            "meta nfproto ipv4 meta l4proto 17 th dport 5000-5010",
            id="a range of ports, by the protocol's number",
        ),
        pytest.param({"protocol": "vrrp"}, "meta nfproto ipv4 meta l4proto 112", id="a protocol without ports"),
        pytest.param({"protocol": "0"}, "meta nfproto ipv4", id="protocol 0 is any"),
        pytest.param({"protocol": "hopopt"}, "meta nfproto ipv4", id="protocol 0 by its name"),
        pytest.param(
            {"protocol": "icmp", "port_range_min": 3, "port_range_max": 1},
            "meta nfproto ipv4 meta l4proto 1 icmp type 3 icmp code 1",
            id="a type and code of ICMP",
        ),
        pytest.param(
            {"protocol": "icmp", "port_range_min": 0},
            "meta nfproto ipv4 meta l4proto 1 icmp type 0",
            id="a type of ICMP, which is 0",
        ),
        pytest.param(
            {"protocol": "icmp", "ethertype": Ethertype.IPV6},
            "meta nfproto ipv6 meta l4proto 58",
            id="ICMP over IPv6 is ICMPv6",
        ),
        pytest.param({"remote_ip_prefix": ip_network("0.0.0.0/0")}, "meta nfproto ipv4", id="the whole world"),
        pytest.param(
            {"remote_ip_prefix": ip_network("10.1.0.0/16")}, "meta nfproto ipv4 ip saddr 10.1.0.0/16", id="a range"
        ),
        pytest.param(
            {"direction": OUT, "remote_ip_prefix": ip_network("10.1.0.0/16")},
            "meta nfproto ipv4 ip daddr 10.1.0.0/16",
            id="a range that is gone to",
        ),
        pytest.param(
            {"remote_group_id": GROUP}, "meta nfproto ipv4 ip saddr @members-0f3a9c1e77a-ip", id="a group's members"
        ),
        pytest.param(
            {"remote_addresses": (ip_network("10.1.0.0/24"), ip_network("10.1.1.0/24"), ip_network("fd00::/8"))},
            "meta nfproto ipv4 ip saddr { 10.1.0.0/23 }",
            id="an address group",
        ),
        pytest.param({"remote_addresses": ()}, None, id="an address group with nobody in it"),
    ],
)
def test_a_rule_matches_what_neutron_means_by_it(changes: dict[str, object], match: str | None) -> None:
    assert rules.match(replace(RULE, **changes)) == match  # type: ignore[arg-type]


def port(number: int, *groups: str, **changes: object) -> Port:
    some = Port(
        id=f"{number:08x}-0000-4000-8000-000000000000",
        network_id="net",
        mac_address=f"fa:16:3e:00:00:{number:02x}",
        fixed_ips=(FixedIp(subnet_id="s", address=ip_address(f"10.1.0.{number}")),),
        security_groups=frozenset(groups),
    )
    return replace(some, **changes)  # type: ignore[arg-type]


def test_a_groups_members_are_the_addresses_that_its_ports_have_or_may_have() -> None:
    beside = AddressPair(addresses=ip_network("10.9.0.0/29"), mac_address="fa:16:3e:00:00:07")
    six = FixedIp(subnet_id="s", address=ip_address("fd00::7"))
    ports = [port(5, GROUP), port(6), port(7, GROUP, allowed_address_pairs=(beside,), fixed_ips=(six,))]
    assert "elements = { 10.1.0.5/32, 10.9.0.0/29 }" in rules.members(GROUP, Ethertype.IPV4, ports)
    assert "elements = { fd00::7/128 }" in rules.members(GROUP, Ethertype.IPV6, ports)
    assert "elements" not in rules.members(GROUP, Ethertype.IPV4, [])


PROTOCOLS = st.sampled_from([None, *rules._NUMBERS, "3", "6", "17", "58", "255"])


@st.composite
def any_rule(draw: st.DrawFn) -> SecurityGroupRule:
    ethertype = draw(st.sampled_from(Ethertype))
    prefix = st.ip_addresses(v=4 if ethertype is Ethertype.IPV4 else 6)
    low, high = sorted(draw(st.tuples(st.integers(1, 255), st.integers(1, 255))))
    remote = draw(st.sampled_from(["", "prefix", "group", "addresses"]))
    return SecurityGroupRule(
        direction=draw(st.sampled_from(Direction)),
        ethertype=ethertype,
        protocol=draw(PROTOCOLS),
        port_range_min=draw(st.sampled_from([None, low])),
        port_range_max=draw(st.sampled_from([None, high])),
        remote_ip_prefix=ip_network(draw(prefix)) if remote == "prefix" else None,
        remote_group_id=GROUP if remote == "group" else None,
        remote_addresses=tuple(map(ip_network, draw(st.lists(prefix, max_size=3)))) if remote == "addresses" else None,
    )


@pytest.mark.slow
@pytest.mark.usefixtures("_machine")
@settings(max_examples=25)
@given(
    groups=st.lists(st.lists(any_rule(), max_size=6), min_size=1, max_size=3),
    stateful=st.booleans(),
    secured=st.lists(st.booleans(), min_size=1, max_size=4),
)
def test_the_kernel_takes_every_rule_that_neutron_takes(
    groups: list[list[SecurityGroupRule]],
    stateful: bool,  # noqa: FBT001 - drawn
    secured: list[bool],
) -> None:
    ids = [GROUP, *(f"{number}{GROUP[1:]}" for number in range(1, 9))]
    named = [
        SecurityGroup(id=one, rules=tuple(some), stateful=stateful) for one, some in zip(ids, groups, strict=False)
    ]
    ports = tuple(port(n + 1, *(g.id for g in named), port_security_enabled=on) for n, on in enumerate(secured))
    region = Region(index=0, security_groups=tuple(named), ports=ports)
    done = subprocess.run(
        ["/usr/bin/unshare", "--net", "/usr/sbin/nft", "-f", "-"],
        input=rules_of(region, ports) * 2,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_the_same_ports_have_the_same_rules_in_whatever_order_they_come() -> None:
    group = SecurityGroup(id=GROUP, rules=(RULE, replace(RULE, protocol="tcp")))
    ports = (port(1, GROUP), port(2, GROUP))
    one = rules_of(Region(index=0, security_groups=(group,), ports=ports), ports)
    other = rules_of(
        Region(index=0, security_groups=(replace(group, rules=group.rules[::-1]),), ports=ports[::-1]), ports[::-1]
    )
    assert one == other


def test_a_group_that_is_gone_lets_nothing_in() -> None:
    lonely = port(1, GROUP)
    text = rules_of(Region(index=0, ports=(lonely,)), [lonely])
    assert "chain ingress-00000001000 {\ngoto refused\n}" in text


def test_a_routers_own_port_is_trusted() -> None:
    ours = port(1, device_owner="network:router_interface")
    assert ours.trusted and "vmap" not in rules_of(Region(index=0, ports=(ours,)), [ours])
