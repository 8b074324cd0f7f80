"""How a network's addresses are cut into blocks, one for each service. Pure arithmetic.

As eighths of eight (a /29 each): the first /29 is the router's, the last quarter is the pool from which Neutron and
Octavia help themselves, and what lies between are blocks, numbered from 0: a number is called a slot.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

BLOCK_PREFIX = 29
BLOCK_SIZE = 8
MEMBERS_MAX = BLOCK_SIZE - 1
SPREAD = 23
"""Over how many slots ids are spread, however large the network is: those of a /24. One that grows moves nobody."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Block:
    """Eight neighbouring addresses: the load balancer's, then those of up to seven instances.

    The last of them is the database host's, where the service has a database: then there are up to six instances.
    """

    cidr: IPv4Network

    @property
    def vip(self) -> IPv4Address:
        return self.cidr[0]

    def member(self, index: int) -> IPv4Address:
        """The address of the instance with this index, from 0. Raises ValueError beyond the block."""
        if not 0 <= index < MEMBERS_MAX:
            raise ValueError(f"a block holds {MEMBERS_MAX} instances, so there is no number {index}")
        return self.cidr[index + 1]

    @property
    def database(self) -> IPv4Address:
        return self.cidr[-1]


def capacity(network: IPv4Network) -> int:
    """How many services a network has blocks for; 0 where it is too small for any."""
    return max(network.num_addresses * 3 // 4 // BLOCK_SIZE - 1, 0)


def gateway(network: IPv4Network) -> IPv4Address:
    return network[1]


def pool(network: IPv4Network) -> IPv4Network:
    """The quarter that Neutron and Octavia allocate from; its last address is the network's broadcast."""
    return list(network.subnets(prefixlen_diff=2))[-1]


def slot(service_id: str, declared: int | None, network: IPv4Network) -> int:
    """The slot that a service has or, where none is declared, prefers; a declared one may lie beyond `capacity`.

    Raises ValueError where the network has no block at all.
    """
    if declared is not None:
        return declared
    room = capacity(network)
    if not room:
        raise ValueError(f"{network} has no room for instances")
    return int.from_bytes(hashlib.sha256(service_id.encode()).digest()) % min(room, SPREAD)


def block(network: IPv4Network, number: int) -> Block:
    """The block of this number. Raises ValueError beyond the network's capacity."""
    room = capacity(network)
    if not 0 <= number < room:
        raise ValueError(f"{network} has blocks 0 to {room - 1}, so there is no block {number}")
    first = network.network_address + BLOCK_SIZE * (number + 1)
    return Block(cidr=IPv4Network((first, BLOCK_PREFIX)))
