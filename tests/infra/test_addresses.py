from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.addresses import MEMBERS_MAX, Block, block, capacity, gateway, pool, slot

NETWORK = IPv4Network("10.1.1.0/24")

networks = st.builds(
    lambda prefix, start: IPv4Network(((0x0A << 24) | (start << (32 - prefix)) & 0xFFFFFF, prefix)),
    st.integers(18, 27),
    st.integers(0, 0xFFFFFF),
)
ids = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        pytest.param("10.0.0.0/22", 95, id="a /22 has room for ninety-five services"),
        pytest.param("10.0.0.0/24", 23, id="a /24 for twenty-three"),
        pytest.param("10.0.0.0/27", 2, id="a /27 for two"),
        pytest.param("10.0.0.0/28", 0, id="a /28 for none"),
        pytest.param("10.0.0.0/32", 0, id="a single address for none"),
    ],
)
def test_capacity(cidr: str, expected: int) -> None:
    assert capacity(IPv4Network(cidr)) == expected


def test_the_first_block_follows_the_routers() -> None:
    first = block(NETWORK, 0)
    assert str(first.vip) == "10.1.1.8"
    assert [str(first.member(i)) for i in range(2)] == ["10.1.1.9", "10.1.1.10"]


def test_the_pool_is_the_last_quarter() -> None:
    assert pool(NETWORK) == IPv4Network("10.1.1.192/26")


@pytest.mark.parametrize("index", [-1, MEMBERS_MAX])
def test_a_block_has_no_eighth_instance(index: int) -> None:
    with pytest.raises(ValueError, match="holds 7 instances"):
        block(NETWORK, 0).member(index)


@pytest.mark.parametrize("number", [-1, 23])
def test_no_block_lies_in_the_pool(number: int) -> None:
    with pytest.raises(ValueError, match="blocks 0 to 22"):
        block(NETWORK, number)


def test_a_network_too_small_has_no_slot() -> None:
    with pytest.raises(ValueError, match="no room"):
        slot("portal", None, IPv4Network("10.0.0.0/28"))


@given(networks)
def test_nothing_overlaps_in_any_network(network: IPv4Network) -> None:
    parts = [pool(network), *(block(network, n).cidr for n in range(min(capacity(network), 30)))]
    assert not any(a.overlaps(b) for a, b in combinations(parts, 2))
    assert all(part.subnet_of(network) and gateway(network) not in part for part in parts)


@given(networks, st.integers(0, 22))
def test_every_address_of_a_block_lies_in_it(network: IPv4Network, number: int) -> None:
    assume(number < capacity(network))
    found: Block = block(network, number)
    addresses = [found.vip, *(found.member(i) for i in range(MEMBERS_MAX))]
    assert len(set(addresses)) == len(addresses)
    assert all(address in found.cidr for address in addresses)


@given(ids)
def test_the_preferred_slot_is_the_same_in_every_run(service: str) -> None:
    """Python's own hash differs from run to run; this one may not, so the first of them is written down."""
    assert block(NETWORK, slot("portal", None, NETWORK)).cidr == IPv4Network("10.1.1.48/29")
    assert slot(service, None, NETWORK) == slot(service, None, NETWORK)
    assert slot(service, 7, NETWORK) == 7
