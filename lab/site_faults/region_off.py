"""The whole site is gone at once, as in a fire: its line, its cloud, its servers. Nobody says goodbye to anybody.

First the site's edge falls silent, so that no peer hears how the rest ends; then the cloud's processes are killed, so
that Nova does not see its servers end and starts them again afterwards; then the servers lose their power.
"""

from lab.hosts import ask
from lab.net import faults as network
from lab.openstack import region
from lab.openstack.spec import RegionSpec
from lab.site_fault import SiteFault, Told


def _begin(spec: RegionSpec, _told: Told) -> None:
    if spec.params.hosts:
        network.silence(spec.params, spec.index, silent=True)
    region.cut_off(spec)
    if spec.params.hosts:
        ask.power_cut(spec.params, spec.name)


def _end(spec: RegionSpec) -> None:
    if spec.params.hosts:
        network.silence(spec.params, spec.index, silent=False)


FAULT = SiteFault(begin=_begin, end=_end)
