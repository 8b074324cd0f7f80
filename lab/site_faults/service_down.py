"""One service of the cloud ends without a word, as a crash would have it; connections to it are refused."""

from lab.openstack import regions
from lab.openstack.spec import RegionSpec
from lab.site_fault import SiteFault, Told


def _begin(spec: RegionSpec, told: Told) -> None:
    regions.service_down(spec, str(told["service"]))


def _end(spec: RegionSpec) -> None:
    """Every service that does not run is started when faults have ended."""


FAULT = SiteFault(begin=_begin, end=_end, asks="service")
