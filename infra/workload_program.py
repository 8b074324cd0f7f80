"""The program of a site's workloads: every service placed there, on what the site's own stack offers."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

import pulumi
from pulumi.output import UNKNOWN

from city.errors import Failed, InvalidInput
from city.model.city import City
from city.model.places import Site
from infra import files
from infra.addresses import pool
from infra.blocks import block_of, home
from infra.components.workload import Workload
from infra.components.workload_args import SiteOutputs, WorkloadArgs
from infra.flows import openings
from infra.guards import EVERY_SERVICE
from infra.placement import Placed, placed, standing_at
from infra.settings import Settings
from infra.stacks import PROJECT

T = TypeVar("T")


def declare(city: City, settings: Settings) -> Mapping[str, pulumi.Input[object]]:
    """Every resource of the workloads' stack; returns the services that stand here, with their members' zones."""
    site = city.site_of(settings.role)
    offered = Offered(settings.site_stack)
    zones = {}
    for placement in placed(city, settings.role):
        args = _args(city, site, placement, offered, settings)
        zones[placement.service.id] = Workload(placement.service.id, args).zones
    return {"services": zones, "released": list(released(city, settings))}


def released(city: City, settings: Settings) -> Iterator[str]:
    """Every standing release, as a person must know it; one that matches nothing is a slip."""
    here = placed(city, settings.role)
    volumes = {placement.service.id for placement in here if placement.every_volume}
    running = {placement.service.id for placement in here if placement.running}
    yield from _standing("release-volumes", "data volume", settings.released, volumes)
    yield from _standing("release-addresses", "address", settings.released_addresses, running)


def _standing(key: str, what: str, released: Mapping[str, str], here: Collection[str]) -> Iterator[str]:
    for service, reason in sorted(released.items()):
        named = f"asty:{key}.{service}"
        if service in here or service == EVERY_SERVICE:
            yield f"{named} stands ({reason}): no {what} of it is protected; take it back when it is done with"
        else:
            yield f"{named} matches no {what} here ({reason}): mend its name, or take it back"


def _is_in(service: str, released: Mapping[str, str]) -> bool:
    return service in released or EVERY_SERVICE in released


class Offered:
    """The outputs of the site's stack, by name; unknown in a preview that comes before the site itself."""

    def __init__(self, stack: str) -> None:
        if not stack:
            raise InvalidInput(
                "stack configuration asty:site-stack",
                "it is not set",
                "Name the stack of the site that these workloads stand on.",
            )
        self._stack = stack
        self._reference = pulumi.StackReference(f"organization/{PROJECT}/{stack}")

    def get(self, name: str, key: str | None = None) -> pulumi.Output[str]:
        """One output, or what it holds under `key`."""
        return self._reference.get_output(name).apply(lambda value: self._found(value, name, key))

    def _found(self, value: object, name: str, key: str | None) -> str:
        found = value.get(key) if key is not None and isinstance(value, dict) else value
        if isinstance(found, str):
            return found
        if pulumi.runtime.is_dry_run():
            return UNKNOWN  # type: ignore[return-value]  # Pulumi's own mark for what a preview cannot know
        raise Failed(
            f"stack {self._stack}",
            f"it offers no {name}{f' {key}' if key else ''}",
            f"Bring the site up first: pulumi up --stack {self._stack}.",
        )


def _args(city: City, site: Site, placement: Placed, offered: Offered, settings: Settings) -> WorkloadArgs:
    service, workload = placement.service, placement.workload
    network = home(city, site, workload)
    return WorkloadArgs(
        city=city.id,
        site=site.id,
        placed=placement,
        block=block_of(city, site, service),
        blocks=tuple(block_of(city, one, service).cidr for one in standing_at(city, service)),
        databases=tuple(block_of(city, one, service).database for one in standing_at(city, service))
        if service.database
        else (),
        balancers=pool(network.cidr),
        openings=openings(city, site, workload),
        fqdn=f"{workload.dns_name}.{city.dns_zone}",
        roles=files.roles(city, service),
        files=files.told(city, settings.role, service),
        led_away=service.id in settings.led_away,
        released=_is_in(service.id, settings.released),
        released_address=_is_in(service.id, {**settings.released, **settings.released_addresses}),
        volume_zones=settings.volume_zones,
        there=SiteOutputs(
            network=offered.get("networks", network.id),
            subnet=offered.get("subnets", network.id),
            flavour=offered.get("flavours", workload.flavour),
            image=offered.get("images", workload.image),
            key_pair=offered.get("key-pair"),
            management_group=offered.get("management-group"),
            uplink=offered.get("uplink"),
            zone=offered.get("zone"),
        ),
    )
