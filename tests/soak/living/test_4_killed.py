"""Any process of the lab is killed at fifty moments in which a server and a volume come, meet and go.

What was asked may fail. Nothing is left that nobody owns, and once the lab is up again, it can all be removed.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from threading import Timer

import pytest
from openstack.connection import Connection
from openstack.exceptions import SDKException

from asty import lab_access
from lab.hosts import leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from tests.soak.living.city import LivingCity, until

pytestmark = pytest.mark.slow
SEEDS = tuple(range(50))
MODEL, NAME = "open-data-1", "killed"
LONGEST_S = {"create": 12.0, "attach": 4.0, "detach": 4.0, "delete": 6.0}
"""About as long as each takes: the kill falls into it, and now and then before or after."""


@dataclass(frozen=True)
class Lives:
    """A server and a volume that nobody declared, at the data centre."""

    cloud: Connection

    def create(self) -> None:
        compute = self.cloud.compute
        model = compute.find_server(MODEL, ignore_missing=False)
        [beside] = self.cloud.network.ports(device_id=model.id)
        port = self.cloud.network.create_port(name=NAME, network_id=beside.network_id)
        self.cloud.block_storage.create_volume(name=NAME, size=1)
        flavour = compute.find_flavor(model.flavor["original_name"], ignore_missing=False)
        made = compute.create_server(
            name=NAME, flavor_id=flavour.id, image_id=model.image.id, networks=[{"port": port.id}]
        )
        compute.wait_for_server(made, wait=120)

    def attach(self) -> None:
        server = self.cloud.compute.find_server(NAME, ignore_missing=False)
        volume = self.cloud.block_storage.find_volume(NAME, ignore_missing=False)
        self.cloud.compute.create_volume_attachment(server, volume_id=volume.id)
        self.cloud.block_storage.wait_for_status(volume, "in-use", wait=60)

    def detach(self) -> None:
        server = self.cloud.compute.find_server(NAME, ignore_missing=False)
        volume = self.cloud.block_storage.find_volume(NAME, ignore_missing=False)
        self.cloud.compute.delete_volume_attachment(server=server, volume=volume.id)
        self.cloud.block_storage.wait_for_status(volume, "available", wait=60)

    def delete(self) -> None:
        server = self.cloud.compute.find_server(NAME, ignore_missing=False)
        self.cloud.compute.delete_server(server)
        self.cloud.compute.wait_for_delete(server, wait=60)

    def remove(self) -> bool:
        """Whether nothing of it is there any more; else another try was made, as an operator would, by force."""
        left = list(self._left())
        for delete in left:
            with suppress(SDKException):
                delete()
        return not left

    def _left(self) -> Iterator[Callable[[], object]]:
        compute, storage = self.cloud.compute, self.cloud.block_storage
        for server in compute.servers(name=NAME):
            yield partial(compute.delete_server, server, force=True)
        for volume in storage.volumes(name=NAME):
            if volume.status != "available":
                yield partial(storage.reset_volume_status, volume.id, "available", "detached", None)
            yield partial(storage.delete_volume, volume.id, force=True)
        for port in self.cloud.network.ports(name=NAME):
            yield partial(self.cloud.network.delete_port, port)


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_a_moment_of_the_seeds_the_lab_is_up_again_and_nothing_is_unowned(
    living: LivingCity, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - whom it meets and when is no secret
    lives, stages = Lives(living.cloud), list(LONGEST_S)
    victim = chance.choice(_processes(living))
    stage = chance.choice(stages)
    for step in stages:
        killing = Timer(chance.uniform(0, LONGEST_S[step]), os.kill, (victim, signal.SIGKILL))
        if step == stage:
            killing.start()
        try:
            getattr(lives, step)()
        except (SDKException, AssertionError):  # what was asked of who is gone may fail
            break
        finally:
            if step == stage:
                killing.join()
    living.operator.asty("lab", "up")
    until(lives.remove)
    assert [part["name"] for part in _status(living) if part["state"] != "up"] == []
    life = Life(HostsFolder(lab_access.params(living.ours)))
    assert leftovers.find(life) == []
    servers = {server.id for server in living.cloud.compute.servers()}
    here = {folder.id for folder in life.home.all() if (guest := folder.kept()) and guest.region == _region(living)}
    assert here == servers, "a guest for each server, and none besides"


def _region(living: LivingCity) -> str:
    return living.city.site("datacentre").region


def _status(living: LivingCity) -> list[dict[str, object]]:
    found: list[dict[str, object]] = living.operator.asks("lab", "status", code=None)["parts"]
    return found


def _processes(living: LivingCity) -> list[int]:
    """Of the clouds of the data centre, and those that keep its hosts, network, balancers and names."""
    kept = ("hosts", "net", "balancing", "names", f"{_region(living)} ")
    return [int(str(part["pid"])) for part in _status(living) if part["pid"] and str(part["name"]).startswith(kept)]
