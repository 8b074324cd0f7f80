"""Servers in ERROR: the provider gives their deletion up one by one, and the cloud deletes them all the same."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from openstack.exceptions import SDKException
from pulumi.automation import EngineEvent

from city.model.city import City
from city.outcome import Outcome, Status
from infra.account import Account
from infra.deletions import given_up, gone
from infra.events import listener, quiet
from infra.project import Project
from infra.runs import told
from infra.stacks import Stack, stacks
from infra.to_the_end import to_the_end
from tests.infra.fake_pulumi import began, done, error, urn

KIND = "compute/instance:Instance"
SAID = (
    "Error waiting for instance ({}) to Delete:  unexpected state 'ERROR', wanted target 'DELETED, SOFT_DELETED'."
    " last error: %!s(<nil>)"
)
"""terraform-provider-openstack 3.4; Pulumi says it twice, once as its log and once with the URN."""
TOLD = (
    "sdk-v2/provider2.go:572: sdk.helper_schema: {}: provider=openstack@5.5.1",
    "deleting {}: 1 error occurred:\n\t* {}",
)
QUOTA = "Error creating OpenStack server: Quota exceeded for instances"
Cloud = Callable[[list[str]], Mock]


def server(number: int) -> str:
    return f"4f4d1e2a-7d3c-4a56-9c0b-00000000000{number}"


def name(number: int) -> str:
    return urn(KIND, f"portal-{number}")


def failed(op: str, number: int, *said: str) -> list[dict[str, Any]]:
    step = {"op": op, "urn": name(number), "type": f"openstack:{KIND}"}
    ended = {"resOpFailedEvent": {"metadata": step, "status": 1, "steps": 1}}
    return [began(op, name(number)), ended, *(error(one, name(number)) for one in said)]


def not_waited_for(number: int, op: str = "delete") -> list[dict[str, Any]]:
    said = SAID.format(server(number))
    return failed(op, number, TOLD[0].format(said), TOLD[1].format(name(number), said))


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[1]


class Runs:
    """Of Pulumi's, one after the other, each with the events that it tells."""

    def __init__(self, stack: Stack, *runs: list[dict[str, Any]]) -> None:
        self._stack, self._left, self.count, self.lines = stack, iter(runs), 0, list[str]()

    def __call__(self, account: Account) -> list[Outcome]:
        self.count += 1
        listen = listener(self._stack, account, quiet)
        for event in next(self._left):
            listen(EngineEvent.from_json(event))
        return told(self._stack, account)

    def to_the_end(self, folder: Path, there: Callable[[str], object]) -> dict[str, Status]:
        """`there` is what Nova says of a server, each time that it is asked."""
        cloud = Mock()
        cloud.__enter__ = lambda _: cloud
        cloud.__exit__ = lambda *_: None
        cloud.compute.find_server = lambda one, **_: there(one)
        made = Project(folder=folder, city=folder, clouds=folder / "clouds.yaml", path_entries=(), plugin_home=folder)
        with (
            patch("infra.to_the_end.connection", return_value=cloud),
            patch("infra.deletions.time.sleep"),
        ):
            outcomes = to_the_end(self._stack, made, self, self.lines.append)
        return {one.subject.rpartition(": ")[2]: one.status for one in outcomes}


def test_servers_given_up_one_after_the_other_are_gone_in_one_apply(tmp_path: Path, stack: Stack) -> None:
    """More of them than a cloud may fail for a moment."""
    runs = Runs(stack, *(not_waited_for(number) for number in range(1, 6)), [*done("create", name(9))])
    assert runs.to_the_end(tmp_path, lambda _: None) == {
        **{f"Instance portal-{number}": Status.CHANGED for number in range(1, 6)},
        "Instance portal-9": Status.CHANGED,
    }
    assert runs.count == 6
    assert runs.lines[0] == f"{stack.name}: the cloud has meanwhile deleted Instance portal-1; doing the rest"


def test_a_server_that_was_replaced_is_deleted_by_the_next_run(tmp_path: Path, stack: Stack) -> None:
    runs = Runs(stack, not_waited_for(1, "delete-replaced"), done("delete-replaced", name(1)))
    assert runs.to_the_end(tmp_path, lambda _: None) == {"Instance portal-1": Status.CHANGED}
    assert runs.count == 2


def test_a_server_that_stays_is_a_failure_and_no_reason_for_another_run(tmp_path: Path, stack: Stack) -> None:
    runs = Runs(stack, not_waited_for(1))
    assert runs.to_the_end(tmp_path, lambda _: Mock(status="ERROR")) == {"Instance portal-1": Status.FAILED}
    assert runs.count == 1 and not runs.lines


def test_what_is_told_again_of_the_same_server_ends_it(tmp_path: Path, stack: Stack) -> None:
    """Else a provider that does not see that a server is gone would be started for ever."""
    runs = Runs(stack, not_waited_for(1), not_waited_for(1), not_waited_for(1))
    assert runs.to_the_end(tmp_path, lambda _: None) == {"Instance portal-1": Status.FAILED}
    assert runs.count == 2


def test_another_failure_beside_it_is_left_to_a_person(tmp_path: Path, stack: Stack) -> None:
    runs = Runs(stack, [*not_waited_for(1), *failed("create", 2, QUOTA)])
    found = runs.to_the_end(tmp_path, lambda _: None)
    assert found == {"Instance portal-1": Status.FAILED, "Instance portal-2": Status.FAILED}
    assert runs.count == 1


def test_a_cloud_that_cannot_be_asked_leaves_the_failure_as_it_was_told(tmp_path: Path, stack: Stack) -> None:
    def silent(_: str) -> object:
        raise SDKException("no answer")

    runs = Runs(stack, not_waited_for(1))
    assert runs.to_the_end(tmp_path, silent) == {"Instance portal-1": Status.FAILED}
    assert runs.count == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(QUOTA, id="another failure"),
        pytest.param(
            f"Error waiting for instance ({server(1)}) to become ready: unexpected state 'ERROR', wanted target"
            " 'ACTIVE'. last error: %!s(<nil>)",
            id="it was to be made",
        ),
    ],
)
def test_only_a_deletion_that_was_not_waited_for_is_given_up(said: str) -> None:
    assert given_up({name(1): [SAID.format(server(1))]}) == {name(1): server(1)}
    assert given_up({name(1): [SAID.format(server(1)), said]}) == {}
    assert given_up({name(1): []}) == {}
    assert given_up({"": [SAID.format(server(1))]}) == {}, "what is said of the run names no resource"


def test_the_cloud_is_given_time_for_a_deletion_and_not_for_ever() -> None:
    asked: list[str] = []

    def answers() -> Iterator[Mock | None]:
        yield from (Mock(status="ERROR"), Mock(status="SOFT_DELETED"))
        while True:
            yield Mock(status="ERROR")

    found = answers()

    def find(one: str, **_: object) -> Mock | None:
        asked.append(one)
        return next(found)

    cloud = Mock()
    cloud.compute.find_server = find
    with patch("infra.deletions.time.sleep"):
        assert gone(cloud, ["a"]) == {"a"}
        assert asked == ["a", "a"]
        assert gone(cloud, ["b"]) == frozenset()
    assert asked.count("b") == 30
