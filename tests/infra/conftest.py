"""What tests of infra/ share: cities cut to size, and a cloud that only remembers what it was asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pulumi
import pulumi.runtime
import pytest
from pulumi.runtime.mocks import MockMonitor

from city.model.city import City
from city.model.places import Text
from city.model.services import Flow, Recovery, Service, ServiceHours, Tier, Workload
from tests.pulumi_loops import closed_loops

Declared = dict[str, Mapping[str, Any]]
MakeService = Callable[..., Service]
MakeCity = Callable[..., City]

_ALWAYS = ServiceHours(days=tuple(range(7)), start=time(), end=time())


class Recorder(pulumi.runtime.Mocks):
    """Accepts every resource and remembers what was declared under its type and name.

    `staying` are the properties that never change a resource once it is there; `zone` is where the volumes stand.
    """

    zone = ""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self.declared: Declared = {}
        self.staying: dict[str, list[str]] = {}
        self.protected: set[str] = set()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.deleted_first: set[str] = set()
        self.parents: dict[str, str] = {}
        self.outputs = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        self.declared[f"{kind} {args.name}"] = args.inputs
        told = {"outputs": self.outputs} if kind == "StackReference" else {}
        given = {"vipPortId": f"{args.name}-vip"} if kind == "LoadBalancer" else {}
        handed = {"address": "203.0.113.9"} if kind == "FloatingIp" else {}
        stands = {"availabilityZone": self.zone} if kind == "Volume" and self.zone else {}
        return f"{args.name}-id", {**args.inputs, **told, **given, **handed, **stands}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The cloud is asked only for what the provider is said to have."""
        self.asked.append((args.token, dict(args.args)))
        return {"id": f"{args.args['name']}-of-the-provider"}, []


class Monitor(MockMonitor):
    """Tells the recorder what Pulumi's mocks are not told of a resource: what becomes of it when it changes or goes."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, ANN401 - Pulumi's own name, untyped
        name = f"{request.type.rpartition(':')[2]} {request.name}"
        if request.ignoreChanges:
            self._recorder.staying[name] = list(request.ignoreChanges)
        if request.protect:
            self._recorder.protected.add(name)
        if request.deleteBeforeReplace:
            self._recorder.deleted_first.add(name)
        self._recorder.parents[name] = request.parent.rpartition("$")[2]
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@pytest.fixture
def site_outputs() -> dict[str, Any]:
    """What the site's stack offers, by what the example city declares."""
    purposes = ("application", "data", "management", "iot")
    names = [f"{site}-{purpose}" for site in ("datacentre", "recovery") for purpose in purposes]
    return {
        "networks": {name: f"net-{name}" for name in names},
        "subnets": {name: f"subnet-{name}" for name in names},
        "flavours": {"small": "flavour-small", "medium": "flavour-medium"},
        "images": {"base": "image-base"},
        "key-pair": "operators",
        "management-group": "group-management",
        "uplink": "public",
        "zone": "zone-1",
    }


@pytest.fixture
def recorder(site_outputs: dict[str, Any]) -> Iterator[Recorder]:
    recorder = Recorder(site_outputs)
    with closed_loops():
        pulumi.runtime.set_mocks(recorder, project="asty", stack="test", preview=False, monitor=Monitor(recorder))
        yield recorder


@pytest.fixture
def make_service() -> MakeService:
    """A service with two instances in the application network; keywords change it or its workload."""

    def make(
        service_id: str,
        *,
        tier: Tier = Tier.IMPORTANT,
        recovery: Recovery = Recovery.WARM,
        **changes: Any,  # noqa: ANN401 - any field of Workload
    ) -> Service:
        workload = Workload(
            instances=2,
            flavour="small",
            image="base",
            volume_gb=1,
            port=443,
            network="application",
            dns_name=service_id,
            flows=(Flow(source="world", port=443),),
        )
        return Service(
            id=service_id,
            name=Text(el=service_id, en=service_id),
            tier=tier,
            owner="ICT",
            hours=_ALWAYS,
            rto=timedelta(hours=1),
            rpo=timedelta(hours=1),
            recovery=recovery,
            workload=replace(workload, **changes),
        )

    return make


@pytest.fixture
def make_city(example_city: City) -> MakeCity:
    """The example city with these services instead of its own."""

    def make(*services: Service) -> City:
        return replace(example_city, services=services)

    return make
