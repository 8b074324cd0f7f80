"""A city whose servers really run, at the hands of one who breaks it and looks at what it says of itself."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openstack.connection import Connection

from asty import lab_access
from asty.workspace import Workspace
from city.load import load
from city.model.city import City
from monitoring.probing.declared import probed
from monitoring.probing.probe import Found
from tests.e2e.operator import Operator

PATIENCE_S = 240
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> float:
    """Returns once it is so, with how many seconds that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < patience_s, "it never came to be"
        time.sleep(0.3)
    return time.monotonic() - begun


@dataclass(frozen=True)
class LivingCity:
    """`cloud` is the data centre's."""

    operator: Operator
    ours: Workspace
    cloud: Connection

    @cached_property
    def city(self) -> City:
        return load(self.ours.city_folder)

    @cached_property
    def probed(self) -> tuple[str, ...]:
        return tuple(one.service for one in probed(self.city))

    def estate(self) -> dict[str, Any]:
        """The page's data."""
        with _DIRECT.open(f"http://127.0.0.1:{self.ours.dashboard_port}/api/estate.json", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def shown(self, service: str) -> dict[str, Any]:
        """What the page's data say of a service."""
        found: dict[str, Any] = self.estate()["services"][service]
        return found

    def becomes(self, service: str, *states: str, because: str = "") -> float:
        """Returns once the page says one of these states, with this in its cause; how many seconds that took."""

        def so() -> bool:
            seen = self.shown(service)
            return seen["state"] in states and because in (seen["cause"] or "")

        return until(so)

    def all_up(self) -> float:
        """Returns once every service that is probed is up; how many seconds that took."""

        def so() -> bool:
            services = self.estate()["services"]
            return all(services[service]["state"] == "up" for service in self.probed)

        return until(so)

    def acts(self, verb: str, *servers: str) -> None:
        """Nova is asked to do this with the servers of the data centre."""
        for name in servers:
            server = self.cloud.compute.find_server(name, ignore_missing=False)
            getattr(self.cloud.compute, f"{verb}_server")(server.id)

    def looks(self, service: str, so_long_as: Callable[[], bool]) -> list[Found]:
        """One look after another from the street."""
        return asyncio.run(self._looks(service, so_long_as))

    async def _looks(self, service: str, so_long_as: Callable[[], bool]) -> list[Found]:
        there = lab_access.vantages(self.ours, self.city)["street"]
        ask = next(one.ask for one in probed(self.city) if one.service == service)
        found = [await there.look(ask)]
        while await asyncio.to_thread(so_long_as):
            found.append(await there.look(ask))
            await asyncio.sleep(0.2)
        await there.close()
        return found
