"""The Debian packages of the load balancers."""

from pathlib import Path

from lab.balancing.forwarder import CONNTRACK, NFT
from lab.real.packages import serve
from lab.system import Need

NEEDS = (
    Need(package="haproxy", why="the load balancers of the clouds", shown_by=Path("/usr/sbin/haproxy")),
    Need(package="iproute2", why="the network namespaces of the load balancers", shown_by=Path("/usr/sbin/ip")),
    Need(package="nftables", why="datagrams that load balancers forward", shown_by=NFT),
    Need(package="conntrack", why="datagrams to a member that is lost", shown_by=CONNTRACK),
    Need(package="iputils-ping", why="health monitors of type PING", shown_by=Path("/usr/bin/ping")),
)

if __name__ == "__main__":
    serve(NEEDS)
