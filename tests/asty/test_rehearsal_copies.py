"""Copies of a rehearsal in a cloud that is made up here: what is made, marked, found again, and taken away."""
# ruff: noqa: ANN401 - what the SDK hands over is untyped

from types import SimpleNamespace
from typing import Any

import pytest

from asty import rehearsal_copies
from asty.city_data import load
from asty.drill_ground import database_server
from asty.rehearsal_copies import ADDRESS, OpenStackCopies, short, user_data
from city.errors import Failed
from drs.observed import SeenQuota
from tests.asty.shelves import Shelf
from tests.drs.twins import EXAMPLE

DRILL = "20261129T210000Z-rehearse"


class Cloud:
    """What of openstacksdk's Connection is used."""

    def __init__(self) -> None:
        self.servers, self.volumes, self.snapshots = Shelf("ACTIVE"), Shelf("available"), Shelf("available")
        self.networks, self.ports = Shelf("ACTIVE"), Shelf("DOWN")
        data = self.volumes.make(name="portal-db-data", size=2, availability_zone="z1", metadata={"service": "portal"})
        self.servers.make(
            name="portal-db",
            metadata={"service": "portal"},
            flavor=SimpleNamespace(original_name="small", id="small"),
            image=SimpleNamespace(id="image-1"),
            key_name="operators",
            availability_zone="z1",
            attached_volumes=[SimpleNamespace(id=data.id)],
        )
        self.network = SimpleNamespace(
            networks=self.networks.all,
            ports=self.ports.all,
            create_network=self._network,
            create_subnet=self._subnet,
            create_port=lambda **told: self.ports.make(allowed_address_pairs=[], **told),
            **self._looks(network=self.networks, port=self.ports),
        )
        self.block_storage = SimpleNamespace(
            volumes=self.volumes.all,
            snapshots=self.snapshots.all,
            create_volume=self.volumes.make,
            create_snapshot=self.snapshots.make,
            **self._looks(volume=self.volumes, snapshot=self.snapshots),
        )
        self.compute = SimpleNamespace(
            servers=self.servers.named,
            flavors=lambda: [SimpleNamespace(name="small", id="f1", vcpus=1, ram=512)],
            create_server=self._server,
            create_volume_attachment=self._attach,
            get_server_console_output=lambda server: {"output": server.console},
            get_server=self.servers.get,
            delete_server=self._end,
        )

    @staticmethod
    def _looks(**shelves: Shelf) -> dict[str, Any]:
        gets = {f"get_{kind}": shelf.get for kind, shelf in shelves.items()}
        return {**gets, **{f"delete_{kind}": shelf.delete for kind, shelf in shelves.items()}}

    def _network(self, **told: Any) -> Any:
        return self.networks.make(is_router_external=False, is_shared=False, subnet_ids=[], **told)

    def _subnet(self, network_id: str, **told: Any) -> None:
        assert told["gateway_ip"] is None and told["enable_dhcp"] is False
        self.networks.things[network_id].subnet_ids.append("s1")

    def _server(self, **told: Any) -> Any:
        return self.servers.make(attached_volumes=[], console="", **told)

    def _end(self, server: str, **_: Any) -> None:
        """It lets its volumes go."""
        for attached in self.servers.get(server).attached_volumes:
            self.volumes.things[attached.id].status = "available"
        self.servers.delete(server)

    def _attach(self, server: Any, volume_id: str) -> None:
        server.attached_volumes.append(SimpleNamespace(id=volume_id))
        self.volumes.things[volume_id].status = "in-use"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setattr(rehearsal_copies, "_LOOKS_EVERY_S", 0.001)
    monkeypatch.setattr(rehearsal_copies, "_WITHIN_S", 0.05)
    return Cloud()


def copies(cloud: Cloud, drill: str = DRILL) -> OpenStackCopies:
    made: Any = cloud
    return OpenStackCopies(
        city=load(EXAMPLE), site="recovery", drill=drill, connect=lambda: made, database=database_server
    )


def made(cloud: Cloud, drill: str = DRILL) -> OpenStackCopies:
    hands = copies(cloud, drill)
    hands.isolate("portal")
    counts = iter(({"public.marks": 4}, {"public.marks": 6}))
    hands.take("portal", lambda: next(counts))
    hands.start("portal")
    return hands


def names(cloud: Cloud) -> list[str]:
    shelves = (cloud.servers, cloud.volumes, cloud.snapshots, cloud.ports, cloud.networks)
    return [one.name for shelf in shelves for one in shelf.things.values()]


PRODUCTION = ["portal-db", "portal-db-data"]


def test_a_copy_stands_by_itself_under_another_name_and_nothing_of_production_is_touched(cloud: Cloud) -> None:
    before = {key: dict(vars(one)) for key, one in [*cloud.servers.things.items(), *cloud.volumes.things.items()]}
    found = made(cloud).standing("portal")
    assert (found.network, found.data, found.server, found.open_to) == (True, True, True, "")
    assert found.rows == {"public.marks": (4, 6)}
    (server,) = cloud.servers.all(name="rehearsal-portal")
    assert server.metadata["service"] == "rehearsal-portal", "no verb and no probe takes it for production"
    assert (server.metadata["database_hosts"], server.metadata["roles"]) == (ADDRESS, "application,database")
    assert server.metadata["fqdn"].startswith("rehearsal-")
    (port,) = cloud.ports.things.values()
    assert port.security_group_ids == [] and port.is_port_security_enabled
    for key, was in before.items():
        assert vars((cloud.servers.things | cloud.volumes.things)[key]) == was


def test_all_of_it_is_gone_after_it_is_removed_and_production_is_there(cloud: Cloud) -> None:
    hands = made(cloud)
    assert len(hands.standing("portal").left) == 5
    hands.remove("portal")
    assert hands.standing("portal").left == () and hands.left() == ()
    assert names(cloud) == PRODUCTION


def test_each_deed_may_be_repeated_and_makes_nothing_twice(cloud: Cloud) -> None:
    hands = made(cloud)
    before = names(cloud)
    hands.isolate("portal")
    hands.start("portal")
    assert names(cloud) == before


def test_what_an_earlier_rehearsal_left_is_no_part_of_this_one_and_goes_first(cloud: Cloud) -> None:
    made(cloud, "20261128T210000Z-rehearse")
    hands = copies(cloud)
    found = hands.standing("portal")
    assert (found.network, found.data, found.server) == (False, False, False) and len(found.left) == 5
    hands.isolate("portal")
    assert names(cloud) == [*PRODUCTION, "rehearsal-portal"]


def test_data_that_a_killed_one_left_half_made_are_made_anew(cloud: Cloud) -> None:
    hands = made(cloud)
    hands.forget("portal")
    cloud.snapshots.make(
        name="rehearsal-portal-data",
        metadata={"city": "example", "rehearsal": DRILL, "rehearsal_of": "portal"},
        volume_id="x",
    )
    hands.take("portal", lambda: {"public.marks": 9})
    assert len(cloud.snapshots.things) == 1 and hands.standing("portal").rows == {"public.marks": (9, 9)}


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (
            {"description": "", "device_owner": "network:router_interface"},
            "a port of network:router_interface is in it",
        ),
        ({"security_group_ids": ["g"]}, "lets something pass"),
        ({"is_port_security_enabled": False}, "lets something pass"),
        ({"allowed_address_pairs": [{"ip_address": "0.0.0.0/0"}]}, "lets something pass"),
    ],
)
def test_a_way_out_is_seen(cloud: Cloud, spoilt: dict[str, Any], told: str) -> None:
    hands = made(cloud)
    (port,) = cloud.ports.things.values()
    assert hands.standing("portal").open_to == ""
    vars(port).update(spoilt)
    assert told in hands.standing("portal").open_to


def test_a_cloud_that_refuses_is_one_error_and_what_was_made_is_known(cloud: Cloud) -> None:
    hands = copies(cloud)
    hands.isolate("portal")
    cloud.snapshots.refuses = True
    with pytest.raises(Failed, match="Quota exceeded"):
        hands.take("portal", dict)
    assert [str(thing) for thing in hands.left()] == ["network rehearsal-portal"]


def test_a_service_that_has_nothing_there_says_so(cloud: Cloud) -> None:
    with pytest.raises(Failed, match="no copy of its database is at recovery") as failure:
        copies(cloud).lacking("identity")
    assert "recovery: cold" in failure.value.remedy


def test_only_what_the_console_says_of_this_rehearsal_counts(cloud: Cloud) -> None:
    hands = made(cloud)
    (server,) = cloud.servers.all(name="rehearsal-portal")
    assert hands.told("portal") is None
    server.console = 'rehearsal: {"token": "another", "rows": {}}\n'
    assert hands.told("portal") is None
    server.console += f'rehearsal: {{"token": "{DRILL}-portal", "rows": {{}}, "kept": true}}\n'
    said = hands.told("portal")
    assert said is not None and said.kept


def test_a_quota_that_is_too_small_or_not_named_is_told() -> None:
    quotas = (SeenQuota(resource="servers", limit=10, used=10), SeenQuota(resource="ports", limit=None, used=7))
    told = short({"servers": 1, "ports": 1, "volumes": 1}, quotas, "recovery")
    assert told.split("; ") == [
        "1 more of servers are needed at recovery for a copy, 0 are free",
        "1 more of volumes are needed at recovery for a copy, 0 are free",
    ]
    assert short({"ports": 1}, quotas, "recovery") == ""


def test_the_program_of_a_copy_comes_as_a_cloud_config_that_a_cloud_takes() -> None:
    told = user_data("t1")
    assert told.startswith("#cloud-config\n") and len(told) < 40_000, "Nova takes 64 KiB of base64"
