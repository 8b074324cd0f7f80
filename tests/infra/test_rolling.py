"""Members of a service change one after the other, and the next only when the one before is well."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from infra.plan import StackPlan, Step
from infra.rolling import STEADY_S, await_health, turns, unwell

SERVER = "openstack:compute/instance:Instance"


def step(name: str, op: str = "replace", kind: str = SERVER) -> Step:
    return Step(urn=f"urn:pulumi:s::asty::asty:infra:Workload${kind}::{name}", op=op, type=kind)


def test_no_two_members_of_a_service_take_the_same_turn() -> None:
    steps = (step("gis-1"), step("portal-1", "resize"), step("portal-2"), step("portal-3", "create"), step("portal-4"))
    found = turns(StackPlan(stack="lab", steps=steps))
    assert [turn.members for turn in found] == [("gis-1", "portal-1"), ("portal-2",), ("portal-4",)]


@pytest.mark.parametrize(
    "harmless", [step("portal-1", "update"), step("portal-1", "create"), step("p-1", kind="x:y:Z")]
)
def test_what_interrupts_nobody_waits_for_no_turn(harmless: Step) -> None:
    assert turns(StackPlan(stack="lab", steps=(harmless,))) == ()


def cloud(status: str, answer: str) -> Any:  # noqa: ANN401 - as much of a Connection as is asked
    return SimpleNamespace(
        compute=SimpleNamespace(servers=lambda details: [SimpleNamespace(name="portal-1", status=status)]),  # noqa: ARG005 - the client's own signature
        load_balancer=SimpleNamespace(
            pools=lambda: [SimpleNamespace(id="pool")],
            members=lambda _pool: [
                SimpleNamespace(name="portal-1", operating_status=answer),
                SimpleNamespace(name="other-1", operating_status="ERROR"),
            ],
        ),
    )


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        pytest.param("ACTIVE", "ONLINE", [], id="it serves"),
        pytest.param("ACTIVE", "NO_MONITOR", [], id="nobody checks it"),
        pytest.param("ERROR", "ONLINE", ["server portal-1 is ERROR"], id="it does not run"),
        pytest.param(
            "ACTIVE", "ERROR", ["portal-1 does not answer the load balancer's checks (ERROR)"], id="it does not answer"
        ),
    ],
)
def test_a_member_is_well_when_it_runs_and_answers(status: str, answer: str, told: list[str]) -> None:
    assert list(unwell(cloud(status, answer), ("portal-1",))) == told
    assert list(unwell(cloud(status, answer), ("gone-1",))) == ["server gone-1 is gone"]


@pytest.mark.parametrize(
    ("seen", "told", "after_s"),
    [
        pytest.param([""], "", STEADY_S, id="well all the time, as long as a failure takes to be noticed"),
        pytest.param(["booting", "booting", ""], "", 6 + STEADY_S, id="it boots first"),
        pytest.param(["", "", "it is ERROR"], "it is ERROR", 300, id="it fails a moment after it was started"),
        pytest.param(["it is ERROR"], "it is ERROR", 300, id="it never comes"),
        pytest.param(["", "it is ERROR"] * 200, "it was not well for 24 s at a time", 300, id="it comes and goes"),
    ],
)
def test_a_member_is_well_when_it_stays_so(seen: list[str], told: str, after_s: float) -> None:
    now, looks = [0.0], iter(seen)

    def pause(seconds: float) -> None:
        now[0] += seconds

    def look() -> Iterator[str]:
        yield from filter(None, [next(looks, seen[-1])])

    assert await_health(look, 300.0, lambda: now[0], pause) == told
    assert now[0] == pytest.approx(after_s, abs=3)
