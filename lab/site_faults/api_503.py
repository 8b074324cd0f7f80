"""An API answers 503 to every request, as a proxy does before a service that is overloaded or gone (RFC 9110 15.6.4).

The service goes on behind it, and what it began it ends.
"""

import shutil

from lab.openstack.drivers.front import UNAVAILABLE
from lab.openstack.processes import NAMES
from lab.openstack.region import service_named
from lab.openstack.spec import RegionSpec
from lab.site_fault import SiteFault, Told


def _begin(spec: RegionSpec, told: Told) -> None:
    name = service_named(str(told["service"]))
    folder = spec.folder / UNAVAILABLE
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / str(spec.port(NAMES[name]))).touch()


def _end(spec: RegionSpec) -> None:
    shutil.rmtree(spec.folder / UNAVAILABLE, ignore_errors=True)


FAULT = SiteFault(begin=_begin, end=_end, asks="service")
