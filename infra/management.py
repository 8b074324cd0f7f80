"""Ports through which a machine or its data are taken over, and who may reach them. Pure.

What counts is the range that a flow opens: `network:wifi`, 128.0.0.0/1 and the world are all too wide. Stores of data
may also be reached from the block of a declared service: that is what they are there for.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses

from city.model.city import City
from city.model.places import Site
from city.model.services import Workload
from city.model.wired import Purpose
from infra.addresses import BLOCK_PREFIX
from infra.flows import Opening, openings

CONTROLS = {
    22: "SSH",
    23: "Telnet",
    69: "TFTP",
    161: "SNMP",
    445: "SMB",
    623: "IPMI",
    830: "NETCONF",
    873: "rsync",
    2375: "Docker",
    2376: "Docker",
    3389: "RDP",
    4786: "Smart Install",
    5900: "VNC",
    5985: "WinRM",
    5986: "WinRM",
    6443: "Kubernetes",
    8291: "Winbox",
    8728: "RouterOS",
    8729: "RouterOS",
    9100: "node exporter",
    10250: "kubelet",
    15672: "RabbitMQ management",
}
STORES = {
    111: "portmapper",
    389: "LDAP",
    1433: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2181: "ZooKeeper",
    2379: "etcd",
    2380: "etcd",
    3306: "MySQL",
    5432: "PostgreSQL",
    5672: "RabbitMQ",
    5984: "CouchDB",
    6379: "Redis",
    8086: "InfluxDB",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    11211: "memcached",
    27017: "MongoDB",
}
"""By the IANA service name registry, and the vendors' manuals where a port is not registered."""


def exposed(city: City, site: Site, workload: Workload) -> Iterator[tuple[Opening, str]]:
    """The openings of a management port to more than management, each with the name of what is opened."""
    trusted = list(collapse_addresses(n.cidr for n in city.networks if n.purpose is Purpose.MANAGEMENT))
    for opening in openings(city, site, workload):
        what = CONTROLS.get(opening.port) or STORES.get(opening.port)
        if what and not _within(opening.source, trusted) and not _from_a_service(opening):
            yield opening, what


def _within(source: IPv4Network, trusted: list[IPv4Network]) -> bool:
    return any(source.subnet_of(network) for network in trusted)


def _from_a_service(opening: Opening) -> bool:
    return opening.port in STORES and opening.source.prefixlen >= BLOCK_PREFIX
