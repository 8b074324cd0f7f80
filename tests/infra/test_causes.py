"""A failure is told with the quota that is full and with what Nova says, where the provider has no word for it."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import SDKException

from city.outcome import Outcome, Status
from infra.causes import explained
from infra.quotas import quotas

WITHOUT_A_WORD = "unexpected state 'ERROR', wanted target 'ACTIVE'. last error: %!s(<nil>)"


def limits(**told: int) -> Any:  # noqa: ANN401 - as much of a Connection as is asked
    return SimpleNamespace(get_limits=lambda: SimpleNamespace(absolute=SimpleNamespace(**told)))


def cloud(servers: int = 5, fault: str = "") -> Any:  # noqa: ANN401 - as above
    """A project in which five servers may be, with one in ERROR."""
    compute = limits(
        instances=5,
        instances_used=servers,
        total_cores=20,
        total_cores_used=servers,
        total_ram=-1,
        total_ram_used=9000,
        server_groups=10,
        server_groups_used=0,
        server_group_members=10,
        keypairs=100,
    )
    compute.keypairs = lambda: [1, 2]
    given_up = SimpleNamespace(name="portal-3", fault={"message": fault} if fault else None)
    compute.servers = lambda details: [given_up]  # noqa: ARG005 - the client's own signature
    storage = limits(
        max_total_volumes=10, total_volumes_used=2, max_total_volume_gigabytes=100, total_gigabytes_used=100
    )
    storage.get_quota_set = lambda _project: SimpleNamespace(per_volume_gigabytes=-1)
    ports = SimpleNamespace(ports={"limit": 14, "used": 13, "reserved": 1}, floating_ips=None)
    for name in ("networks", "routers", "security_groups", "security_group_rules", "subnets"):
        setattr(ports, name, {"limit": 9, "used": 1})
    return SimpleNamespace(
        current_project_id="project",
        compute=compute,
        block_storage=storage,
        network=SimpleNamespace(get_quota=lambda _project, details: ports),  # noqa: ARG005 - as above
        load_balancer=SimpleNamespace(
            get_quota=lambda _project: SimpleNamespace(
                load_balancers=None, listeners=-1, pools=5, health_monitors=5, members=3
            ),
            load_balancers=lambda: [1, 2],
            listeners=lambda: [1],
            pools=lambda: [SimpleNamespace(members=[{"id": "a"}, {"id": "b"}])],
            health_monitors=lambda: [1],
        ),
        dns=SimpleNamespace(get_quota=lambda _project: SimpleNamespace(zones=10), zones=lambda: [1]),
    )


def failed(reason: str, subject: str = "lab: Instance portal-3") -> Outcome:
    return Outcome(subject=subject, status=Status.FAILED, reason=reason)


def told(outcome: Outcome, there: Any) -> str:  # noqa: ANN401 - as above
    (found,) = explained([outcome], lambda: nullcontext(there))  # type: ignore[arg-type,return-value]  # a Connection's stand-in
    return found.reason


def test_a_server_that_nova_gave_up_names_the_quota_that_is_full() -> None:
    assert told(failed(WITHOUT_A_WORD), cloud()).endswith(
        "; quota of servers: 5 of 5; quota of GB of volumes: 100 of 100; quota of ports: 14 of 14"
    )


def test_what_nova_says_of_a_server_is_said() -> None:
    assert "Nova says: Image is unacceptable; quota" in told(failed(WITHOUT_A_WORD), cloud(4, "Image is unacceptable."))


@pytest.mark.parametrize(
    "outcome",
    [
        failed("dial tcp: connection refused"),
        Outcome(subject="lab: Instance portal-3", status=Status.CHANGED, reason="create, of a quota"),
    ],
)
def test_a_cloud_is_not_asked_where_no_quota_can_be_behind_it(outcome: Outcome) -> None:
    def look() -> Any:  # noqa: ANN401 - never called
        raise AssertionError("nobody asked")

    assert explained([outcome], look) == [outcome]


def test_a_cloud_that_does_not_answer_leaves_the_failure_as_it_is() -> None:
    def look() -> Any:  # noqa: ANN401 - never returns
        raise SDKException("no answer")

    assert explained([failed(WITHOUT_A_WORD)], look) == [failed(WITHOUT_A_WORD)]


def test_a_service_that_does_not_answer_names_no_quota() -> None:
    there = cloud()
    there.network = SimpleNamespace(get_quota=lambda *_, **__: (_ for _ in ()).throw(SDKException("no answer")))
    named = [quota.what for quota in quotas(there)]
    assert "servers" in named and "load balancers" in named and "ports" not in named


def test_every_quota_is_read_with_its_use() -> None:
    """-1 and nothing at all are both without limit; Octavia and Designate tell no use, so things are counted."""
    found = {quota.what: (quota.used, quota.most) for quota in quotas(cloud())}
    wanted = ("memory in MB", "ports", "load balancers", "listeners", "pool members", "zones", "GB of one volume")
    assert [found[what] for what in wanted] == [
        (9000, None),
        (14, 14),
        (2, None),
        (1, None),
        (2, 3),
        (1, 10),
        (0, None),
    ]
    assert "floating addresses" not in found, "of which this cloud does not tell"


def test_a_service_that_fails_half_way_tells_what_it_told() -> None:
    there = cloud()
    there.block_storage.get_quota_set = lambda _project: (_ for _ in ()).throw(SDKException("403"))
    named = [quota.what for quota in quotas(there)]
    assert "volumes" in named and "GB of one volume" not in named and "ports" in named
