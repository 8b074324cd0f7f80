"""The lab's OpenStack: both regions, brought up side by side. The face of this folder to the rest of the lab."""

import time
from collections.abc import Iterable
from functools import partial

from city.model.city import City
from lab import daemon
from lab.openstack import clouds, folders, health, keystone, region, template
from lab.openstack.environment import provide
from lab.openstack.plan import RegionPlan, keep, kept_plans, plans
from lab.openstack.processes import NAMES
from lab.params import LabParams
from lab.part import Part
from lab.system import Report


def up(params: LabParams, city: City, report: Report) -> None:
    """Both regions ready for work, and clouds.yaml written. What runs stays; what was stopped comes back as it was."""
    start(params, plans(params, city), report)


def start(params: LabParams, regions: Iterable[RegionPlan], report: Report) -> None:
    environment = provide(report)
    wanted = tuple(regions)
    for plan in wanted:
        keep(plan)
        template.prepare(plan, environment)
    if bare := [plan for plan in wanted if not plan.database.exists()]:
        file = template.ensure(bare[0], environment, report)
        for plan in bare:
            template.restore(plan, file)
    passwords = [(plan, template.password(plan, keystone.ADMIN)) for plan in wanted]
    folders.write_private(params.clouds_yaml, clouds.clouds_yaml(passwords))
    region.in_parallel(partial(on, plan, report) for plan in wanted)


def on(plan: RegionPlan, report: Report) -> None:
    """Start what does not run of one region, and wait until it works."""
    begun = time.monotonic()
    environment = provide(report)
    region.start(plan, environment, report)
    with keystone.connect(plan, template.password(plan, keystone.ADMIN)) as cloud:
        health.settle(cloud, plan)
    report(f"region {plan.name}: ready ({time.monotonic() - begun:.1f} s)")


def down(params: LabParams) -> None:
    """Stop both regions; their state stays."""
    region.in_parallel(partial(region.stop, plan) for plan in kept_plans(params))


def service_down(plan: RegionPlan, service: str) -> None:
    """One service of the region ends without a word, as a crash would have it."""
    daemon.kill([plan.pid_file(region.service_named(service))])


def status(params: LabParams) -> list[Part]:
    return [_part(plan, name) for plan in kept_plans(params) for name in (*NAMES, region.MARIADB)]


def _part(plan: RegionPlan, name: str) -> Part:
    process = daemon.find(plan.pid_file(name))
    return Part(
        name=f"{plan.name} {name}",
        state="up" if process else "down",
        address=plan.url(NAMES[name]) if name in NAMES else str(plan.socket),
        pid=process.pid if process else None,
        memory_mb=process.memory_mb if process else 0.0,
    )
