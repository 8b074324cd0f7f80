"""How what was made without our learning its id is found again, on a cloud that is a table."""

from types import SimpleNamespace
from typing import Any

import pytest

from city.errors import NeedsPerson
from infra.orphans import find, half_made


class Table:
    """Answers every listing with the rows whose fields are what was asked for."""

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def __getattr__(self, listing: str) -> Any:  # noqa: ANN401 - any listing of openstacksdk's
        def answer(*parents: str, **wanted: Any) -> list[SimpleNamespace]:  # noqa: ANN401 - as above
            del parents
            asked = {key: value for key, value in wanted.items() if key not in {"details", "direction"}}
            found = [row for row in self.rows.get(listing, []) if asked.items() <= row.items()]
            return [SimpleNamespace(**row) for row in found]

        return answer


OPENED = {"security_group_id": "group-1", "ether_type": "IPv4", "protocol": "tcp", "remote_ip_prefix": "10.0.0.0/8"}
FLAVOUR = {"name": "small", "description": "city=example stack=lab"}
ZONE = {"name": "example.test.", "description": "Example (city=example stack=lab)"}
KEY = {"name": "operators", "publicKey": "ssh-ed25519 AAAA ict@example"}
PORT = {"name": "portal-1", "description": "ours"}
GROUP = {"name": "portal", "policies": "anti-affinity"}
LISTENER = {"name": "portal", "loadbalancerId": "balancer-1"}
POOL = {"name": "portal", "listenerId": "listener-1"}
MONITOR = {"name": "portal", "poolId": "pool-1"}
MEMBER = {"name": "portal-1", "poolId": "pool-1", "address": "10.0.0.9"}
CLOUD: Any = SimpleNamespace(
    network=Table(
        ports=[
            {"id": "port-1", "name": "portal-1", "network_id": "net-1", "description": "ours"},
            {"id": "port-2", "device_id": "router-1", "fixed_ips": "subnet_id=subnet-1"},
        ],
        security_group_rules=[
            {"id": "rule-1", "port_range_min": 22, "port_range_max": 22, **OPENED},
            {"id": "rule-2", "port_range_min": 443, "port_range_max": 443, **OPENED},
            {"id": "rule-3", "port_range_min": 443, "port_range_max": 444, **OPENED},
        ],
        ips=[{"id": "ip-1", "port_id": "vip-1"}],
    ),
    compute=Table(
        servers=[{"id": "server-1", "name": "portal-1"}],
        volume_attachments=[{"volume_id": "volume-1"}],
        flavors=[{"id": "flavour-1", **FLAVOUR}, {"id": "flavour-2", "name": "large", "description": None}],
        server_groups=[
            {"id": "group-0", "name": "portal", "policy": "anti-affinity", "member_ids": ["server-1"]},
            {"id": "group-1", "name": "portal", "policy": "anti-affinity", "member_ids": []},
            {"id": "group-2", "name": "portal", "policy": "soft-anti-affinity", "member_ids": []},
            {"id": "group-3", "name": "old", "policy": None, "policies": ["anti-affinity"], "member_ids": []},
        ],
        keypairs=[{"id": "operators", "name": "operators", "public_key": "ssh-ed25519 AAAA somebody@else"}],
    ),
    image=Table(images=[
        {"id": "image-1", "name": "base", "properties": {"asty_sha256": "old"}},
        {"id": "image-2", "name": "base", "properties": {"asty_sha256": "new"}},
    ]),
    load_balancer=Table(
        members=[{"id": "member-0", **MEMBER, "address": "10.0.0.8"}, {"id": "member-1", **MEMBER}],
        listeners=[{"id": f"listener-{n}", "name": "portal", "load_balancers": [{"id": f"balancer-{n}"}]}
                   for n in (0, 1)],
        pools=[{"id": f"pool-{n}", "name": "portal", "listeners": [{"id": f"listener-{n}"}]} for n in (0, 1)],
        health_monitors=[{"id": f"monitor-{n}", "name": "portal", "pools": [{"id": f"pool-{n}"}]} for n in (0, 1)],
    ),
    dns=Table(zones=[{"id": "zone-1", **ZONE}],
              recordsets=[{"id": "record-1", "name": "www.example.test.", "type": "A"}]),
)  # fmt: skip
RULE = {
    "securityGroupId": "group-1",
    "ethertype": "IPv4",
    "protocol": "tcp",
    "portRangeMin": 443.0,
    "portRangeMax": 443.0,
    "remoteIpPrefix": "10.0.0.0/8",
}


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        pytest.param("compute/instance:Instance", {"name": "portal-1"}, "server-1", id="a server by its name"),
        pytest.param("compute/instance:Instance", {"name": "portal-2"}, None, id="one that was never made"),
        pytest.param("networking/port:Port", {**PORT, "networkId": "net-1"}, "port-1", id="a port"),
        pytest.param("networking/port:Port", {**PORT, "networkId": "net-2"}, None, id="not another net's"),
        pytest.param("networking/secGroupRule:SecGroupRule", RULE, "rule-2", id="a rule by what it opens"),
        pytest.param(
            "networking/routerInterface:RouterInterface",
            {"routerId": "router-1", "subnetId": "subnet-1"},
            "port-2",
            id="an interface by its port",
        ),
        pytest.param("networking/floatingIp:FloatingIp", {"portId": "vip-1"}, "ip-1", id="an address by its port"),
        pytest.param(
            "compute/volumeAttach:VolumeAttach",
            {"instanceId": "server-1", "volumeId": "volume-1"},
            "server-1/volume-1",
            id="an attachment by both its ends",
        ),
        pytest.param(
            "compute/volumeAttach:VolumeAttach",
            {"instanceId": "server-1", "volumeId": "volume-2"},
            None,
            id="a volume that is not attached",
        ),
        pytest.param(
            "images/image:Image",
            {"name": "base", "properties": {"asty_sha256": "new"}},
            "image-2",
            id="an image by its digest, as names repeat",
        ),
        pytest.param("loadbalancer/member:Member", MEMBER, "member-1", id="a member, not a stranger of its name"),
        pytest.param("loadbalancer/listener:Listener", LISTENER, "listener-1", id="a listener of our balancer"),
        pytest.param("loadbalancer/listener:Listener", {**LISTENER, "loadbalancerId": "x"}, None, id="no other's"),
        pytest.param("loadbalancer/pool:Pool", POOL, "pool-1", id="a pool of our listener"),
        pytest.param("loadbalancer/monitor:Monitor", MONITOR, "monitor-1", id="a monitor of our pool"),
        pytest.param("compute/flavor:Flavor", FLAVOUR, "flavour-1", id="a flavour by city and stack"),
        pytest.param(
            "compute/flavor:Flavor", {**FLAVOUR, "description": "city=x stack=lab"}, None, id="another city's flavour"
        ),
        pytest.param("compute/flavor:Flavor", {**FLAVOUR, "name": "large"}, None, id="a flavour without a mark"),
        pytest.param("dns/zone:Zone", ZONE, "zone-1", id="a zone by city and stack"),
        pytest.param("dns/zone:Zone", {**ZONE, "description": "x"}, None, id="another city's zone"),
        pytest.param("compute/keypair:Keypair", KEY, "operators", id="the very key"),
        pytest.param("compute/keypair:Keypair", {**KEY, "publicKey": "ssh-ed25519 BBBB"}, None, id="another key"),
        pytest.param("compute/serverGroup:ServerGroup", GROUP, "group-1", id="an empty group of that policy"),
        pytest.param("compute/serverGroup:ServerGroup", {**GROUP, "name": "old"}, "group-3", id="from an older Nova"),
        pytest.param(
            "dns/recordSet:RecordSet",
            {"zoneId": "zone-1", "name": "www.example.test.", "type": "A"},
            "zone-1/record-1",
            id="a record in its zone",
        ),
    ],
)
def test_find(kind: str, inputs: dict[str, Any], expected: str | None) -> None:
    assert find(CLOUD, f"openstack:{kind}", inputs) == expected


@pytest.mark.parametrize(("status", "expected"), [("queued", True), ("saving", True), ("active", False)])
def test_an_image_whose_bytes_did_not_come_is_half_made(status: str, *, expected: bool) -> None:
    cloud: Any = SimpleNamespace(image=SimpleNamespace(get_image=lambda _id: SimpleNamespace(status=status)))
    assert half_made(cloud, "openstack:images/image:Image", "image-1") is expected
    assert not half_made(CLOUD, "openstack:compute/instance:Instance", "server-1")


def test_a_component_is_in_no_cloud() -> None:
    assert find(CLOUD, "asty:infra:SiteNetwork", {}) is None


OURS = {"name": "iot", "description": "asty city=example stack=lab urn=Network::iot", "tags": ["site=datacentre"]}
MADE = {"id": "net-1", "name": "iot", "description": OURS["description"], "tags": ["site=datacentre", "more"]}
SERVER = {"name": "portal-1", "metadata": {"city": "example", "stack": "lab"}}
BALANCER = {"name": "portal", "tags": ["city=example", "stack=lab"]}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([MADE], "net-1", id="it carries our mark"),
        pytest.param([{**MADE, "tags": []}], "net-1", id="cut off before its tags, which Neutron gives later"),
        pytest.param([{**MADE, "description": "asty city=x stack=lab urn=Network::iot"}], None, id="another city's"),
        pytest.param([{**MADE, "description": ""}], None, id="a stranger's of that name"),
        pytest.param([{**MADE, "id": "x", "description": "theirs"}, MADE], "net-1", id="ours beside a stranger's"),
    ],
)
def test_what_is_taken_over_is_known_by_its_mark_not_by_its_name(
    rows: list[dict[str, Any]], expected: str | None
) -> None:
    cloud: Any = SimpleNamespace(network=Table(networks=rows))
    assert find(cloud, "openstack:networking/network:Network", OURS) == expected


def test_a_server_is_known_by_its_metadata_and_a_load_balancer_by_its_tags() -> None:
    ours, theirs = (
        {"id": city, "name": "portal-1", "metadata": {"city": city, "stack": "lab"}} for city in ("example", "x")
    )
    cloud: Any = SimpleNamespace(compute=Table(servers=[theirs, ours]))
    assert find(cloud, "openstack:compute/instance:Instance", SERVER) == "example"
    balancers = [{"id": city, "name": "portal", "tags": [f"city={city}", "stack=lab"]} for city in ("example", "x")]
    cloud = SimpleNamespace(load_balancer=Table(load_balancers=balancers))
    assert find(cloud, "openstack:loadbalancer/loadBalancer:LoadBalancer", BALANCER) == "example"


def test_two_candidates_need_a_person() -> None:
    cloud: Any = SimpleNamespace(network=Table(networks=[MADE, {**MADE, "id": "net-2"}]))
    with pytest.raises(NeedsPerson, match="net-1, net-2"):
        find(cloud, "openstack:networking/network:Network", OURS)
