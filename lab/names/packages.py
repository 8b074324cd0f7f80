"""The Debian packages of the sites' names."""

from pathlib import Path

from lab.real.packages import serve
from lab.system import Need

NEEDS = (
    Need(package="knot", why="the name server of each site", shown_by=Path("/usr/sbin/knotd")),
    Need(package="unbound", why="the resolver of each site", shown_by=Path("/usr/sbin/unbound")),
)

if __name__ == "__main__":
    serve(NEEDS)
