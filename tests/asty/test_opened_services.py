"""A pilot light is opened in a cloud that is made up here, and closed again."""
# ruff: noqa: ANN401 - what the SDK hands over is untyped

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest

from asty import opened_services
from asty.city_data import load
from asty.declared_sites import declaration
from asty.opened_services import OpenStackCapacity
from city.errors import Failed
from city.model.places import SiteRole
from city.model.services import Backup, Recovery
from drs.expected import Standing
from drs.opened import to_open
from tests.asty.shelves import Shelf
from tests.drs.twins import EXAMPLE, twins

LIGHT, DRILL = "open-data", "20261129T210000Z-failover"
CITY = load(EXAMPLE)


def wanted() -> Standing:
    found = to_open(replace(twins(), declared_here=declaration(CITY, SiteRole.RECOVERY)), LIGHT)
    assert found is not None
    return found


class Cloud:
    """The recovery site with a pilot light: a port, a volume, and nothing that runs."""

    def __init__(self) -> None:
        self.servers, self.volumes, self.ports = Shelf("ACTIVE"), Shelf("available"), Shelf("DOWN")
        self.balancers, self.ips, self.records = Shelf("b"), Shelf("f"), Shelf("r")
        (member,) = wanted().members
        self.ports.make(name=member.name, description="", fixed_ips=[{"subnet_id": "s1", "ip_address": member.address}])
        self.volumes.make(name=member.volume, availability_zone="z1", attachments=[], metadata={})
        flavours = [SimpleNamespace(id=f"f-{one.id}", name=one.id) for one in CITY.platform.flavours]
        images = [SimpleNamespace(id=f"i-{one.id}", name=one.id) for one in CITY.platform.images]
        router = SimpleNamespace(external_gateway_info={"network_id": "uplink"})
        self.network = SimpleNamespace(
            ports=self.ports.all,
            routers=lambda **_: iter([router]),
            ips=self.ips.all,
            create_ip=self._ip,
            networks=lambda name: iter([SimpleNamespace(id=f"n-{name}", subnet_ids=["s1"])]),
            security_groups=lambda: [
                SimpleNamespace(name=name, id=f"g-{name}") for name in (LIGHT, "recovery-management", "other")
            ],
            create_port=self.ports.make,
            delete_port=self.ports.delete,
            delete_ip=self.ips.delete,
        )
        self.compute = SimpleNamespace(
            servers=self.servers.named,
            flavors=lambda: flavours,
            create_server=self.servers.make,
            get_server=self.servers.get,
            delete_server=self.servers.delete,
            create_volume_attachment=self._attach,
        )
        self.image = SimpleNamespace(images=lambda name: iter(one for one in images if one.name == name))
        self.block_storage = SimpleNamespace(
            volumes=self.volumes.all,
            get_volume=self.volumes.get,
            create_volume=lambda **told: self.volumes.make(attachments=[], availability_zone="z1", **told),
            delete_volume=self.volumes.delete,
        )
        self.load_balancer = SimpleNamespace(
            load_balancers=self.balancers.all,
            get_load_balancer=self.balancers.get,
            create_load_balancer=self._balancer,
            delete_load_balancer=self.balancers.delete,
        )
        zone = SimpleNamespace(id="zone", name=CITY.dns_zone)
        self.dns = SimpleNamespace(
            zones=lambda name: iter([zone] if name == zone.name else []),
            recordsets=self.records.all,
            create_recordset=lambda _zone, **told: self.records.make(zone_id="zone", **told),
            delete_recordset=self.records.delete,
        )

    def _balancer(self, **told: Any) -> Any:
        return self.balancers.make(provisioning_status="ACTIVE", vip_port_id="vip", **told)

    def _ip(self, **told: Any) -> Any:
        return self.ips.make(floating_ip_address="192.0.2.9", name=None, **told)

    def _attach(self, server: Any, volume_id: str) -> None:
        volume = self.volumes.get(volume_id)
        volume.status, volume.attachments = "in-use", [server.id]

    def counts(self) -> list[int]:
        return [len(one.things) for one in (self.servers, self.balancers, self.ips, self.records)]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setattr(opened_services, "_WITHIN_S", 0.05)
    for pause in ("_LOOKS_EVERY_S", "_GONE_EVERY_S"):
        monkeypatch.setattr(opened_services, pause, 0.001)
    return Cloud()


def capacity(cloud: Cloud, drill: str = DRILL) -> OpenStackCapacity:
    return OpenStackCapacity(city=CITY, drill=drill, connect=lambda: cloud)  # type: ignore[arg-type,return-value]


def test_an_opened_pilot_light_is_what_a_warm_service_would_be(cloud: Cloud) -> None:
    capacity(cloud).open(LIGHT, wanted())
    (server,), (volume,) = cloud.servers.things.values(), cloud.volumes.things.values()
    assert volume.attachments == [server.id], "on its own data"
    told = server.metadata
    assert (told["service"], told["site"], told["opened_by"]) == (LIGHT, "recovery", DRILL)
    assert told["fqdn"] == f"{CITY.service(LIGHT).workload.dns_name}.{CITY.dns_zone}".rstrip(".")  # type: ignore[union-attr]
    entrance = wanted().entrance
    assert entrance is not None
    (balancer,) = cloud.balancers.things.values()
    assert balancer.vip_address == entrance.address and f"service={LIGHT}" in balancer.tags
    listening = {(one["protocol"], one["protocol_port"]): one["allowed_cidrs"] for one in balancer.listeners}
    assert listening == {(one.protocol, one.port): sorted(map(str, one.clients)) for one in entrance.listeners}
    for one in balancer.listeners:
        pool = one["default_pool"]
        assert (pool["protocol"], pool["lb_algorithm"], pool["healthmonitor"]["type"]) == (
            "TCP",
            "LEAST_CONNECTIONS",
            "TCP",
        )
        (member,) = pool["members"]
        assert (member["address"], member["protocol_port"]) == (wanted().members[0].address, one["protocol_port"])
    (record,) = cloud.records.things.values()
    assert record.records == (["192.0.2.9"] if entrance.floating else [entrance.address])


def test_opening_it_again_makes_nothing_twice_and_goes_on_where_it_was_cut_off(cloud: Cloud) -> None:
    for shelf in (cloud.balancers, cloud.ips, cloud.records):
        shelf.refuses = True
        with pytest.raises(Failed, match="Quota exceeded"):
            capacity(cloud).open(LIGHT, wanted())
        shelf.refuses = False
    capacity(cloud).open(LIGHT, wanted())
    whole = cloud.counts()
    capacity(cloud).open(LIGHT, wanted())
    assert cloud.counts() == whole == [1, 1, 1, 1]


def test_the_balancer_is_asked_for_while_the_server_starts(cloud: Cloud) -> None:
    cloud.servers.status = "BUILD"
    with pytest.raises(Failed, match="says BUILD"):
        capacity(cloud).open(LIGHT, wanted())
    assert len(cloud.balancers.things) == 1


def test_balancers_are_asked_for_one_at_a_time_whoever_opens_services_side_by_side(cloud: Cloud) -> None:
    """Octavia locks the project's quota meanwhile."""
    turn, begun, may_end, asked = Lock(), Event(), Event(), list[int]()
    make = cloud._balancer

    def slow(**told: Any) -> Any:
        asked.append(1)
        begun.set()
        assert may_end.wait(30)
        return make(**told)

    cloud.load_balancer.create_load_balancer = slow
    opens = replace(capacity(cloud), turn=turn)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(opens.open, LIGHT, wanted())
        assert begun.wait(30)
        second = pool.submit(opens.open, LIGHT, wanted())
        assert turn.locked() and len(asked) == 1
        may_end.set()
        first.result(30)
        second.result(30)
    assert len(cloud.balancers.things) == len(asked) == 1, "the second finds what the first made"


def test_closing_takes_all_of_it_away_whichever_drill_opened_it_and_leaves_port_and_data(cloud: Cloud) -> None:
    capacity(cloud).open(LIGHT, wanted())
    assert {one.partition(" ")[0] for one in capacity(cloud, "another").opened(LIGHT)} >= {"server", "load", "record"}
    capacity(cloud, "another").close(LIGHT)
    assert capacity(cloud).opened(LIGHT) == ()
    assert not cloud.servers.things and not cloud.balancers.things and not cloud.ips.things and not cloud.records.things
    assert len(cloud.ports.things) == len(cloud.volumes.things) == 1


def test_nobody_asks_for_all_ports_volumes_servers_or_balancers_of_a_city(cloud: Cloud) -> None:
    """Nine services are closed at once, and look again and again: the cloud answered nobody for minutes."""
    asked = list[str]()

    def by_name(find: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def found(*, name: str) -> Iterator[Any]:
            asked.append(name)
            return find(name=name)

        return found

    cloud.network.ports = by_name(cloud.network.ports)
    cloud.block_storage.volumes = by_name(cloud.block_storage.volumes)
    cloud.compute.servers = by_name(cloud.compute.servers)
    cloud.load_balancer.load_balancers = by_name(cloud.load_balancer.load_balancers)
    capacity(cloud).open(LIGHT, wanted())
    assert len(capacity(cloud).opened(LIGHT)) == 4
    capacity(cloud).close(LIGHT)
    assert capacity(cloud).opened(LIGHT) == () and {LIGHT, f"{LIGHT}-1", f"{LIGHT}-1-data"} <= set(asked)


def test_the_end_of_a_balancer_is_asked_for_by_one_at_a_time(cloud: Cloud) -> None:
    turn, held = Lock(), list[bool]()
    closes, delete, stop = replace(capacity(cloud), turn=turn), cloud.balancers.delete, cloud.servers.delete

    def noting(gone: Any, *told: Any, **more: Any) -> None:
        held.append(turn.locked())
        (delete if gone.id in cloud.balancers.things else stop)(gone, *told, **more)

    cloud.load_balancer.delete_load_balancer = cloud.compute.delete_server = noting
    closes.open(LIGHT, wanted())
    closes.close(LIGHT)
    assert sorted(held) == [False, True], "of the balancer alone, and nobody waits for a server's end"
    assert not turn.locked()


def test_what_no_drill_opened_is_never_closed(cloud: Cloud) -> None:
    cloud.servers.make(name="open-data-1", metadata={"service": LIGHT})
    cloud.balancers.make(name=LIGHT, tags=[f"service={LIGHT}"], provisioning_status="ACTIVE", vip_port_id="vip")
    capacity(cloud).close(LIGHT)
    assert len(cloud.servers.things) == len(cloud.balancers.things) == 1


def test_a_port_that_is_missing_is_told_with_what_makes_it(cloud: Cloud) -> None:
    cloud.ports.things.clear()
    with pytest.raises(Failed, match="its port is not at recovery") as failure:
        capacity(cloud).open(LIGHT, wanted())
    assert "asty plan" in failure.value.remedy


def test_of_a_cold_service_the_port_and_the_volume_are_made_too_and_taken_away(cloud: Cloud) -> None:
    services = tuple(
        replace(one, recovery=Recovery.COLD, database="open_data", backup=Backup(to="recovery"))
        if one.id == LIGHT
        else one
        for one in CITY.services
    )
    city = replace(CITY, services=services)
    sites = replace(twins(), city=city, declared_here=declaration(city, SiteRole.RECOVERY))
    assert sites.declared_here.standing[LIGHT].members == ()
    found = to_open(sites, LIGHT)
    assert found is not None and [one.name for one in found.members] == [f"{LIGHT}-1"]
    cloud.ports.things.clear()
    cloud.volumes.things.clear()
    opens = OpenStackCapacity(city=city, drill=DRILL, connect=lambda: cloud)  # type: ignore[arg-type,return-value]
    opens.open(LIGHT, found)
    (port,), (volume,), (server,) = (list(one.things.values()) for one in (cloud.ports, cloud.volumes, cloud.servers))
    assert port.fixed_ips == [{"subnet_id": "s1", "ip_address": found.members[0].address}]
    assert port.security_group_ids == [f"g-{LIGHT}", "g-recovery-management"]
    assert (volume.name, volume.attachments) == (f"{LIGHT}-1-data", [server.id])
    assert server.networks == [{"port": port.id}]
    opens.open(LIGHT, found)
    assert len(cloud.ports.things) == len(cloud.volumes.things) == len(cloud.servers.things) == 1
    volume.attachments = []
    opens.close(LIGHT)
    assert opens.opened(LIGHT) == () and not cloud.ports.things and not cloud.volumes.things
