"""What a cloud has of a stack, and its state does not know, is never made a second time."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import SDKException

from city.errors import Failed, NeedsPerson
from city.model.city import City
from infra.plan import StackPlan, Step
from infra.stacks import Stack, stacks
from infra.strangers import refuse
from tests.infra.fake_pulumi import urn

OURS = "asty city=example stack=lab-datacentre urn="


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


def thing(name: str, description: str = "", identity: str = "id-1", **worn: Any) -> SimpleNamespace:  # noqa: ANN401 - tags or metadata
    return SimpleNamespace(id=identity, name=name, description=description, **worn)


def cloud(**parts: Any) -> Any:  # noqa: ANN401 - as much of a Connection as is asked
    """Each part lists what it is given, and nothing else; one that is not given may not be asked."""
    services: dict[str, dict[str, Any]] = {}
    for name, found in parts.items():
        service, _, listing = name.partition("__")
        services.setdefault(service, {})[listing] = lambda found=found, **_: list(found)
    return SimpleNamespace(**{service: SimpleNamespace(**listings) for service, listings in services.items()})


def plan(*steps: tuple[str, str, str]) -> StackPlan:
    made = [Step(urn=urn(f"x/y:{kind}", name), op=op, type=f"openstack:x/y:{kind}") for op, kind, name in steps]
    return StackPlan(stack="lab-datacentre", steps=tuple(made))


def told(stack: Stack, plan: StackPlan, there: Any, known: frozenset[str] = frozenset()) -> str:  # noqa: ANN401 - as above
    try:
        refuse(stack, "example", plan, known, lambda: nullcontext(there))  # type: ignore[arg-type,return-value]  # a Connection's stand-in
    except NeedsPerson as error:
        return error.problem
    return ""


NETWORK = plan(("create", "Network", "datacentre-iot"))


@pytest.mark.parametrize(
    ("description", "stands"),
    [
        pytest.param(f"{OURS}Network::datacentre-iot", True, id="our mark"),
        pytest.param(f"Of the lamps ({OURS}Network::datacentre-iot)", True, id="our mark behind words"),
        pytest.param(f"{OURS}Network::datacentre-iot2", False, id="another network of ours"),
        pytest.param("asty city=other stack=lab-datacentre urn=Network::datacentre-iot", False, id="another city's"),
        pytest.param("asty city=example stack=lab-recovery urn=Network::datacentre-iot", False, id="another stack's"),
        pytest.param("somebody's", False, id="a name alone makes nothing ours"),
    ],
)
def test_what_carries_our_mark_and_is_in_no_state_needs_a_person(description: str, stands: bool, stack: Stack) -> None:  # noqa: FBT001 - a case of the table
    there = cloud(network__networks=[thing("datacentre-iot", description)])
    expected = "its cloud has 1 things of this very stack that its state does not know: Network datacentre-iot (id-1)"
    assert told(stack, NETWORK, there) == (expected if stands else "")


@pytest.mark.parametrize(
    ("kind", "part", "worn"),
    [
        ("Volume", "block_storage__volumes", {"metadata": {"city": "example", "stack": "lab-datacentre"}}),
        ("Instance", "compute__servers", {"metadata": {"city": "example", "stack": "lab-datacentre"}}),
        ("LoadBalancer", "load_balancer__load_balancers", {"tags": ["city=example", "stack=lab-datacentre"]}),
    ],
)
def test_what_has_no_description_is_known_by_what_it_wears(
    kind: str, part: str, worn: dict[str, Any], stack: Stack
) -> None:
    wanted = plan(("create", kind, "portal-1"))
    assert kind in told(stack, wanted, cloud(**{part: [thing("portal-1", **worn)]}))
    assert not told(stack, wanted, cloud(**{part: [thing("portal-2", **worn)]}))
    for nobodys in ({"tags": ["city=example"]}, {"metadata": {"city": "other", "stack": "lab-datacentre"}}):
        assert not told(stack, wanted, cloud(**{part: [thing("portal-1", **nobodys)]}))


def test_what_the_state_knows_is_no_stranger(stack: Stack) -> None:
    """Such as what waits there for its deletion while another takes its place."""
    there = cloud(network__networks=[thing("datacentre-iot", f"{OURS}Network::datacentre-iot", "old")])
    assert told(stack, NETWORK, there)
    assert not told(stack, NETWORK, there, frozenset({"old"}))


def test_a_cloud_is_asked_only_for_kinds_that_are_to_be_made(stack: Stack) -> None:
    assert not told(stack, plan(("update", "Network", "a"), ("delete", "Router", "b"), ("create", "Pool", "c")), None)


def test_a_cloud_that_does_not_answer_is_not_taken_for_an_empty_one(stack: Stack) -> None:
    def look() -> Any:  # noqa: ANN401 - never returns
        raise SDKException("no answer")

    with pytest.raises(Failed, match="does not say what stands there already"):
        refuse(stack, "example", NETWORK, frozenset(), look)
