"""How what was made without our learning its id is found again, on a cloud that is a table."""

from types import SimpleNamespace
from typing import Any

import pytest

from city.errors import NeedsPerson
from infra.orphans import find


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


OPENED = {"security_group_id": "group-1", "protocol": "tcp", "remote_ip_prefix": "10.0.0.0/8"}
CLOUD: Any = SimpleNamespace(
    network=Table(
        ports=[
            {"id": "port-1", "name": "portal-1", "network_id": "net-1"},
            {"id": "port-2", "device_id": "router-1", "fixed_ips": "subnet_id=subnet-1"},
        ],
        security_group_rules=[
            {"id": "rule-1", "port_range_min": 22, **OPENED},
            {"id": "rule-2", "port_range_min": 443, **OPENED},
        ],
        ips=[{"id": "ip-1", "port_id": "vip-1"}],
    ),
    compute=Table(
        servers=[{"id": "server-1", "name": "portal-1"}],
        volume_attachments=[{"volume_id": "volume-1"}],
        flavors=[{"id": "flavour-1", "name": "small"}],
    ),
    image=Table(images=[
        {"id": "image-1", "name": "base", "properties": {"asty_sha256": "old"}},
        {"id": "image-2", "name": "base", "properties": {"asty_sha256": "new"}},
    ]),
    load_balancer=Table(members=[{"id": "member-1", "name": "portal-1"}]),
    dns=Table(recordsets=[{"id": "record-1", "name": "www.example.test.", "type": "A"}]),
)  # fmt: skip
RULE = {"securityGroupId": "group-1", "protocol": "tcp", "portRangeMin": 443, "remoteIpPrefix": "10.0.0.0/8"}


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        pytest.param("compute/instance:Instance", {"name": "portal-1"}, "server-1", id="a server by its name"),
        pytest.param("compute/instance:Instance", {"name": "portal-2"}, None, id="one that was never made"),
        pytest.param("networking/port:Port", {"name": "portal-1", "networkId": "net-1"}, "port-1", id="a port"),
        pytest.param("networking/port:Port", {"name": "portal-1", "networkId": "net-2"}, None, id="not another net's"),
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
        pytest.param(
            "loadbalancer/member:Member", {"poolId": "pool-1", "name": "portal-1"}, "pool-1/member-1", id="a member"
        ),
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


def test_a_component_is_in_no_cloud() -> None:
    assert find(CLOUD, "asty:infra:SiteNetwork", {}) is None


OURS = {"name": "iot", "tags": ["city=example", "stack=lab", "site=datacentre"]}
MADE = {"id": "net-1", "name": "iot", "tags": ["city=example", "stack=lab", "site=datacentre", "more"]}
SERVER = {"name": "portal-1", "metadata": {"city": "example", "stack": "lab"}}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([MADE], "net-1", id="it carries every tag"),
        pytest.param([{**MADE, "tags": ["city=elsewhere", "stack=lab", "site=datacentre"]}], None, id="another city's"),
        pytest.param([{**MADE, "id": "x", "tags": ["stack=prod"]}, MADE], "net-1", id="ours beside a stranger's"),
    ],
)
def test_what_is_taken_over_is_known_by_its_tags_not_by_its_name(rows: list[dict[str, Any]], expected: str) -> None:
    cloud: Any = SimpleNamespace(network=Table(networks=rows))
    assert find(cloud, "openstack:networking/network:Network", OURS) == expected


def test_a_server_is_known_by_its_metadata() -> None:
    ours, theirs = (
        {"id": city, "name": "portal-1", "metadata": {"city": city, "stack": "lab"}} for city in ("example", "x")
    )
    cloud: Any = SimpleNamespace(compute=Table(servers=[theirs, ours]))
    assert find(cloud, "openstack:compute/instance:Instance", SERVER) == "example"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param([MADE, {**MADE, "id": "net-2"}], "net-1, net-2", id="two candidates"),
        pytest.param([{**MADE, "tags": []}], r"iot \(net-1\) has the right name and no tag", id="one without a tag"),
    ],
)
def test_what_may_be_ours_or_not_needs_a_person(rows: list[dict[str, Any]], told: str) -> None:
    cloud: Any = SimpleNamespace(network=Table(networks=rows))
    with pytest.raises(NeedsPerson, match=told):
        find(cloud, "openstack:networking/network:Network", OURS)
