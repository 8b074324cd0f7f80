"""Pulumi's mocks leave no event loop behind for the collector to find in another test."""

import asyncio
import gc
import weakref
from typing import Any

import pulumi
import pulumi.runtime

from tests.pulumi_loops import closed_loops


class Accepting(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, _args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {}, []


class Thing(pulumi.CustomResource):
    def __init__(self, name: str) -> None:
        super().__init__("test:index:Thing", name, {})


def test_every_loop_that_the_mocks_made_is_closed() -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi ships it untyped
    def declare() -> pulumi.Output[Any]:
        return pulumi.Output.all(*(Thing(f"thing-{number}").id for number in range(3)))

    before = weakref.WeakSet(_open())
    with closed_loops():
        pulumi.runtime.set_mocks(Accepting(), project="asty", stack="test", preview=False)
        declare()
        assert len(_open()) > len(before) + 1, "the mocks made loops in threads of their own"
    assert not [loop for loop in _open() if loop not in before]


def _open() -> list[asyncio.BaseEventLoop]:
    found = [one for one in gc.get_objects() if isinstance(one, asyncio.BaseEventLoop)]
    return [loop for loop in found if not loop.is_closed()]
