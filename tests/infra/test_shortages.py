"""A plan for which a project's quotas have no room says so, before the cloud refuses it half-way."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import SDKException

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Service
from infra.orphans import KINDS
from infra.plan import Step
from infra.quotas import Quota
from infra.shortages import NOT_COUNTED, Sizes, shortages, taken, told
from tests.infra.fake_pulumi import urn
from tests.infra.test_causes import cloud

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]

WHERE = {
    "Instance": "compute/instance",
    "Keypair": "compute/keypair",
    "ServerGroup": "compute/serverGroup",
    "Volume": "blockstorage/volume",
    "Zone": "dns/zone",
}


def step(kind: str, name: str = "portal", op: str = "create", changed: tuple[str, ...] = ()) -> Step:
    where = WHERE.get(kind, f"networking/{kind.lower()}")
    return Step(urn=urn(f"{where}:{kind}", name), op=op, type=f"openstack:{where}:{kind}", changed=changed)


@pytest.fixture
def portal(make_city: MakeCity, make_service: MakeService) -> City:
    """One service of three small servers (1 core, 512 MB) with 4 GB of data each."""
    return make_city(make_service("portal", instances=3, volume_gb=4))


def needs(city: City, *steps: Step, there: Sizes | None = None) -> dict[str, int]:
    return {what: need for what, need in taken(city, SiteRole.DATACENTRE, steps, there or Sizes()).items() if need}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step("FloatingIp")], {"floating addresses": 1}, id="an address of the uplink"),
        pytest.param([step("LoadBalancer")], {"load balancers": 1, "ports": 1}, id="a balancer has a port, too"),
        pytest.param(
            [step("SecGroup"), step("SecGroupRule", "portal-tcp-443")],
            {"security groups": 1, "security group rules": 3},
            id="Neutron gives each group two rules",
        ),
        pytest.param(
            [step("SecGroupRule", op="replace"), step("Port", op="replace")],
            {"security group rules": 1},
            id="a rule is replaced by making the new one first",
        ),
        pytest.param(
            [step("Port", op="delete"), step("Port", "portal-2")], {"ports": 1}, id="what is deleted is deleted last"
        ),
        pytest.param(
            [step("Instance", "portal-1"), step("Instance", "portal-2")],
            {"servers": 2, "cores": 2, "memory in MB": 1024, "members of one server group": 3},
            id="servers by their flavour; a group counts all of its members, also those that stand",
        ),
        pytest.param([step("Instance", "portal-1", "replace")], {}, id="a server is deleted before it is made anew"),
        pytest.param(
            [step("Volume", "portal-1-data"), step("Volume", "portal-2-data")],
            {"volumes": 2, "GB of volumes": 8, "GB of one volume": 4},
            id="volumes by their declared size; of one, the largest",
        ),
        pytest.param([step("Router", "datacentre"), step("Zone", "datacentre")], {"routers": 1, "zones": 1}, id="site"),
        pytest.param([step("Instance", "stranger-1"), step("Volume", "gone-1-data")], {}, id="nobody knows how large"),
    ],
)
def test_what_steps_take_of_each_quota(steps: list[Step], expected: dict[str, int], portal: City) -> None:
    assert needs(portal, *steps) == expected


def test_what_grows_takes_the_difference(portal: City) -> None:
    there = Sizes(servers={"portal-1": (1, 256)}, volumes={"portal-1-data": 1})
    grown = (step("Instance", "portal-1", "resize"), step("Volume", "portal-1-data", "update", ("size",)))
    assert needs(portal, *grown, there=there) == {"memory in MB": 256, "GB of volumes": 3, "GB of one volume": 4}
    shrunk = Sizes(servers={"portal-1": (8, 9000)}, volumes={"portal-1-data": 9})
    assert needs(portal, *grown, there=shrunk) == {"GB of one volume": 4}
    assert needs(portal, step("Volume", "portal-1-data", "update", ("metadata",)), there=there) == {}


def test_every_kind_that_a_component_makes_is_counted_or_known_to_take_nothing(portal: City) -> None:
    names = {"Instance": "portal-1", "Volume": "portal-1-data"}
    counted = {kind for kind in KINDS if needs(portal, step(kind, names.get(kind, "portal")))}
    assert counted == KINDS - NOT_COUNTED


@pytest.mark.parametrize(
    ("quota", "line"),
    [
        pytest.param(Quota(what="ports", used=12, most=14), "", id="just enough"),
        pytest.param(Quota(what="ports", used=99, most=None), "", id="without limit"),
        pytest.param(Quota(what="routers", used=9, most=3), "", id="nothing of it is taken"),
        pytest.param(
            Quota(what="ports", used=13, most=14),
            "quota of ports: this plan takes 2, and 1 of 14 is free. "
            "Have it raised by 1 first: the cloud would refuse the rest half-way",
            id="one too few",
        ),
        pytest.param(
            Quota(what="ports", used=20, most=14),
            "quota of ports: this plan takes 2, and 0 of 14 are free. "
            "Have it raised by 8 first: the cloud would refuse the rest half-way",
            id="lowered below what is used",
        ),
    ],
)
def test_a_quota_without_room_is_told_with_what_is_lacking(quota: Quota, line: str) -> None:
    assert list(told({"ports": 2}, [quota])) == ([line] if line else [])


def test_the_cloud_itself_is_asked(portal: City) -> None:
    """Five of five servers are used, and 14 of 14 ports."""
    steps = [step("Instance", "portal-1"), step("Port", "portal-1"), step("FloatingIp")]
    found = shortages(portal, SiteRole.DATACENTRE, steps, lambda: nullcontext(cloud()))  # type: ignore[arg-type,return-value]  # a Connection's stand-in
    assert [line.partition(":")[0] for line in found] == ["quota of servers", "quota of ports"]


def test_a_cloud_that_says_nothing_leaves_nothing_to_tell_and_one_without_steps_is_not_asked(portal: City) -> None:
    def look() -> Any:  # noqa: ANN401 - never returns
        raise SDKException("no answer")

    assert shortages(portal, SiteRole.DATACENTRE, [step("Port")], look) == ()
    asked: list[str] = []

    def never() -> Any:  # noqa: ANN401 - never called
        asked.append("asked")

    assert shortages(portal, SiteRole.DATACENTRE, [step("Port", op="delete")], never) == ()
    assert not asked


def test_what_stands_is_measured_where_it_is_to_grow(portal: City) -> None:
    there = cloud()
    flavour = SimpleNamespace(vcpus=1, ram=100)
    there.compute.servers = lambda details: [SimpleNamespace(name="portal-1", flavor=flavour)]  # noqa: ARG005 - the client's own
    there.block_storage.volumes = lambda: [SimpleNamespace(name="portal-1-data", size=1)]
    grown = [step("Volume", "portal-1-data", "update", ("size",)), step("Instance", "portal-1", "resize")]
    found = shortages(portal, SiteRole.DATACENTRE, grown, lambda: nullcontext(there))  # type: ignore[arg-type,return-value]  # as above
    assert [line.partition(",")[0] for line in found] == ["quota of GB of volumes: this plan takes 3"]
