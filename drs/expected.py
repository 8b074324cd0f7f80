"""What the city's declaration asks of its recovery site, before anything was lost."""

from dataclasses import dataclass

from city.model.city import City
from city.model.services import Service, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much of a service shall stand ready at the recovery site at all times: running, or as data alone."""

    servers: int
    volumes: int
    balancers: int


NOTHING = Standing(servers=0, volumes=0, balancers=0)


def in_the_cloud(city: City) -> dict[str, tuple[Service, Workload]]:
    """Services with a workload, by id: those that recovery is about."""
    return {service.id: (service, service.workload) for service in city.services if service.workload is not None}


def room(city: City, workload: Workload) -> dict[str, int]:
    """What all of a workload takes of each quota."""
    flavour = next(flavour for flavour in city.platform.flavours if flavour.id == workload.flavour)
    volumes = workload.instances if workload.volume_gb else 0
    return {
        "cores": workload.instances * flavour.vcpus,
        "ram_mb": workload.instances * flavour.ram_mb,
        "servers": workload.instances,
        "volumes": volumes,
        "volume_gb": volumes * workload.volume_gb,
    }
