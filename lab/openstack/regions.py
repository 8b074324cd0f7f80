"""The lab's OpenStack: both regions, brought up side by side. The face of this folder to the rest of the lab."""

import time
from collections.abc import Iterable
from functools import partial

from city.model.city import City
from lab import daemon
from lab.openstack import clouds, folders, health, keystone, region, template
from lab.openstack.environment import provide
from lab.openstack.processes import NAMES
from lab.openstack.spec import RegionSpec, keep, kept_specs, specs
from lab.params import LabParams
from lab.part import Part
from lab.system import Report


def up(params: LabParams, city: City, report: Report) -> None:
    """Both regions ready for work, and clouds.yaml written. What runs stays; what was stopped comes back as it was."""
    start(params, specs(params, city), report)


def start(params: LabParams, regions: Iterable[RegionSpec], report: Report) -> None:
    environment = provide(report)
    wanted = tuple(regions)
    for spec in wanted:
        keep(spec)
        template.prepare(spec, environment)
    if bare := [spec for spec in wanted if not spec.database.exists()]:
        file = template.ensure(bare[0], environment, report)
        for spec in bare:
            template.restore(spec, file)
    passwords = [(spec, template.password(spec, keystone.ADMIN)) for spec in wanted]
    folders.write_private(params.clouds_yaml, clouds.clouds_yaml(passwords))
    region.in_parallel(partial(on, spec, report) for spec in wanted)


def on(spec: RegionSpec, report: Report) -> None:
    """Start what does not run of one region, and wait until it works."""
    begun = time.monotonic()
    environment = provide(report)
    region.start(spec, environment, report)
    with keystone.connect(spec, template.password(spec, keystone.ADMIN)) as cloud:
        health.settle(cloud, spec)
    report(f"region {spec.name}: ready ({time.monotonic() - begun:.1f} s)")


def down(params: LabParams) -> None:
    """Stop both regions; their state stays."""
    region.in_parallel(partial(region.stop, spec) for spec in kept_specs(params))


def service_down(spec: RegionSpec, service: str) -> None:
    """One service of the region ends without a word, as a crash would have it."""
    daemon.kill([spec.pid_file(region.service_named(service))])


def status(params: LabParams) -> list[Part]:
    return [_part(spec, name) for spec in kept_specs(params) for name in (*NAMES, region.MARIADB)]


def _part(spec: RegionSpec, name: str) -> Part:
    process = daemon.find(spec.pid_file(name))
    return Part(
        name=f"{spec.name} {name}",
        state="up" if process else "down",
        address=spec.url(NAMES[name]) if name in NAMES else str(spec.socket),
        pid=process.pid if process else None,
        memory_mb=process.memory_mb if process else 0.0,
    )
