"""The whole lab, as one thing that is started, looked at, broken and stopped."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from city.model.places import SiteRole
from lab import site_fault
from lab.balancing import process as balancing
from lab.daemon import find
from lab.faults import Fault
from lab.fleet import orders, reach
from lab.fleet import process as fleet
from lab.fleet.hardware import fleet_hardware
from lab.hosts import ask, credentials, golden_image
from lab.hosts import process as hosts
from lab.hosts.ask import Site
from lab.left_out import LeftOut
from lab.names import process as names
from lab.net import districts
from lab.net import faults as link
from lab.net import process as network
from lab.openstack import offer, power, region, regions
from lab.openstack.environment import alone
from lab.openstack.spec import ROLES, RegionSpec, kept_specs, specs
from lab.params import SNMP_PORT, LabParams
from lab.part import Part
from lab.real import process as real
from lab.site_fault import Standing
from lab.system import Report

_PARTS = (balancing, names, districts, regions, fleet, real, hosts, network)


class Lab:
    """The lab that `params` describe, standing in for the hardware of `city`.

    Every method may be called from a process of its own, at any time: what runs is found by its pid
    files, and changes to one lab wait for each other.
    """

    def __init__(self, params: LabParams, city: City) -> None:
        self.params, self.city = params, city

    def up(self, report: Report) -> tuple[LeftOut, ...]:
        """Returns when every part works, with what this machine has to go without: the real routers are optional.

        What runs stays; what was stopped or killed comes back as it was. Faults of regions end with it. Raises
        Failed or InvalidInput naming the part and its log; the parts that came up stay up.
        """
        left_out: list[LeftOut] = []
        with self._alone():
            self.params.claim()
            credentials.make(self.params)
            without_hosts = self._hosts(report)
            left_out.extend(filter(None, [without_hosts]))
            params = replace(self.params, hosts=False) if without_hosts else self.params
            for spec in kept_specs(self.params):
                site_fault.end(spec, report)
            needed = [partial(part.up, params, self.city, report) for part in (regions, fleet)]
            region.in_parallel([*needed, lambda: left_out.extend(filter(None, [self._routers(report)]))])
            if params.hosts:
                self._offer_image(report)
                self._declare_districts()
                left_out.extend(filter(None, [network.up(params, report), balancing.up(params, report)]))
                names.up(params, report)
                districts.up(params, report)
        return tuple(left_out)

    def down(self) -> None:
        """End every process of the lab; its state stays for the next `up`."""
        down(self.params)

    def wipe(self) -> None:
        """End everything and remove what it left."""
        wipe(self.params)

    def status(self) -> list[Part]:
        """Each process of the lab, running or not."""
        return [
            *regions.status(self.params),
            *hosts.status(self.params),
            *network.status(self.params),
            *balancing.status(self.params),
            *names.status(self.params),
            *districts.status(self.params),
            self._fleet(),
            *real.status(self.params, self.city),
        ]

    def inventory(self) -> Inventory:
        """How each device is reached, in the City's order. The lab must have been up once."""
        known = reach.inventory(self.params, self.city) | real.inventory(self.params, self.city)
        return {device.id: known[device.id] for device in self.city.devices if device.id in known}

    def fault(self, fault: Fault, report: Report) -> None:
        """Make it so, until it is cleared.

        Raises InvalidInput for a target that is not there, Refused for a real device that cannot be broken so.
        """
        if fault.regional:
            with self._alone():
                site_fault.begin(self._region(fault.targets[0]), fault.kind, fault.told)
        elif fault.of_servers:
            ask.begin(self.params, ask.chosen(self.params, self._places(), fault.targets), fault.kind, fault.told)
        else:
            self._change([target for target in fault.targets if not link.concerns(target)], fault.changes())
            if ways := list(filter(link.concerns, fault.targets)):
                link.fault(self.params, self._sites(), ways, fault.changes())
        report(f"fault {fault.kind}: {', '.join(fault.targets)}{''.join(f' {value}' for value in fault.told.values())}")

    def clear(self, targets: Iterable[str], report: Report) -> None:
        """End every fault of these devices, servers and regions; returns when they work again.

        With a region, the faults of its servers end; with a server, that server's alone.
        """
        wanted = tuple(targets)
        if ways := list(filter(link.concerns, wanted)):
            link.clear(self.params, self._sites(), ways)
        of_regions = [target for target in wanted if target in self._region_names()]
        servers = [target for target in wanted if self._is_server(target)]
        others = [target for target in wanted if target not in {*of_regions, *servers} and not link.concerns(target)]
        if others:
            self._mend(others)
        with self._alone():
            for target in of_regions:
                site_fault.end(self._region(target), report)
                regions.on(self._region(target), report)
        if servers or (of_regions and self.params.hosts):
            self._mend_servers([*servers, *of_regions])
        report(f"no faults: {', '.join(wanted)}")

    def _hosts(self, report: Report) -> LeftOut | None:
        """Before the clouds, which start their servers. Where no host can run, nothing does behind a server."""
        if found := hosts.lacking():
            report(str(found))
        elif self.params.hosts:
            hosts.up(self.params, report)
        return found

    def _offer_image(self, report: Report) -> None:
        """What a server starts from: the clouds offer it under the names of the city's images."""
        golden_image.keep(self.params, report)
        called = [one.id for one in self.city.platform.images]
        offer.up(specs(self.params, self.city), called, self.params.image, report)

    def _declare_districts(self) -> None:
        """The emulated devices that stand in the street; those of the two sites no host comes to."""
        places = {one.id: self.params.address_of(one.index) for one in fleet_hardware(self.city)}
        there = [one for one in self.city.devices if self.city.site(one.site).role is SiteRole.DISTRICT]
        leads = {one.address: (places[one.id], SNMP_PORT) for one in there if one.id in places}
        districts.declare(self.params, leads)

    def _routers(self, report: Report) -> LeftOut | None:
        return real.spared(self.params, self.city, report)

    def _fleet(self) -> Part:
        process, seen = find(self.params.pid_file("fleet")), fleet.status(self.params)
        return Part(
            name="fleet",
            state="up" if process else "down",
            address=f"{self.params.address_of(0)}..., {seen.answering} of {seen.devices} devices answer",
            pid=process.pid if process else None,
            memory_mb=seen.memory_mb,
        )

    def standing(self) -> dict[str, list[Standing]]:
        """The faults that stand at each site, server and way of the link, by what a fault calls it."""
        found = {
            site.id: list(site_fault.standing(spec))
            for spec in kept_specs(self.params)
            for site in self._places()
            if site.region == spec.name
        }
        for way, changed in link.standing(self.params, self._sites()).items():
            found[way] = [Standing("link", changed)]
        for server, befell in ask.standing(self.params, self._places()).items():
            found[server] = [Standing(one.kind, one.told) for one in befell]
        return {target: faults for target, faults in found.items() if faults}

    def _mend_servers(self, targets: Iterable[str]) -> None:
        """What lost its power is started by Nova, which knows its volumes."""
        sites = self._places()
        guests = ask.chosen(self.params, sites, targets)
        dark = ask.without_power(self.params, guests)
        ask.end(self.params, guests)
        for spec in kept_specs(self.params):
            power.on(spec, [guest.id for guest in dark if guest.region == spec.name])

    def _is_server(self, target: str) -> bool:
        """Not where the target is a device, a site, or a way of the link."""
        taken = {device.id for device in self.city.devices} | self._region_names().keys()
        return self.params.hosts and target not in taken and not link.concerns(target)

    def _places(self) -> list[Site]:
        """The sites in a cloud, by every name that a fault's target may have for them."""
        by_region = {spec.name: spec for spec in kept_specs(self.params)}
        return [
            Site(
                region=site.region,
                id=site.id,
                names=frozenset({site.id, site.region, by_region[site.region].cloud}),
            )
            for site in map(self.city.site_of, ROLES)
            if site.region in by_region
        ]

    def _change(self, targets: Iterable[str], changes: dict[str, object]) -> None:
        emulated, routers = self._divided(targets)
        if routers:
            real.fault(self.params, self.city, routers, changes)
        if emulated:
            orders.fault(self.params, emulated, changes)

    def _mend(self, targets: Iterable[str]) -> None:
        emulated, routers = self._divided(targets)
        if routers:
            real.fault(self.params, self.city, routers, {"off": False})
        if emulated:
            orders.mend(self.params, emulated)

    def _divided(self, targets: Iterable[str]) -> tuple[list[str], list[str]]:
        """The emulated devices among these, and the real ones. Raises InvalidInput for one the city does not have."""
        known = {device.id for device in self.city.devices}
        routers = {router.id for router in real.routers(self.params, self.city)}
        wanted = list(targets)
        for target in wanted:
            if target not in known:
                raise InvalidInput(
                    f"device {target}", "the city has no such device", "Name one of its switches or access points."
                )
        return [t for t in wanted if t not in routers], [t for t in wanted if t in routers]

    def _sites(self) -> list[str]:
        """The ids of the sites in a cloud, in the order of the lab's regions."""
        return [self.city.site_of(role).id for role in ROLES]

    def _region_names(self) -> dict[str, RegionSpec]:
        """Each region by its own name, its cloud's, and the id of its site."""
        sites = {site.region: site.id for site in self.city.sites}
        specs = kept_specs(self.params)
        return {name: spec for spec in specs for name in (spec.name, spec.cloud, sites.get(spec.name, spec.name))}

    def _region(self, name: str) -> RegionSpec:
        known = self._region_names()
        if name not in known:
            has = ", ".join(known) or "none: it was never up"
            raise InvalidInput(f"region {name}", "the lab has no such region", f"It has {has}.")
        return known[name]

    def _alone(self) -> AbstractContextManager[None]:
        return _alone(self.params)


def down(params: LabParams) -> None:
    """End every process of a lab, whatever has become of its city's data since."""
    with _alone(params):
        _stop(params)


def wipe(params: LabParams) -> None:
    """End everything of a lab and remove what it left, whatever has become of its city's data since.

    The folder goes aside whole before anything in it is removed, so that what a wipe leaves that was killed
    is never taken for a lab; the next one removes it.
    """
    aside = params.root.with_name(f".{params.root.name}.wiped")
    with _alone(params):
        _stop(params)
        real.remove(aside)
        if params.file.exists():
            params.root.rename(aside)
            real.remove(aside)


def _stop(params: LabParams) -> None:
    region.in_parallel(partial(part.down, params) for part in _PARTS)


@contextmanager
def _alone(params: LabParams) -> Iterator[None]:
    """The lock lies beside the lab's folder, so that it outlives a wipe."""
    with alone(params.root.with_name(f".{params.root.name}.lock")):
        yield
