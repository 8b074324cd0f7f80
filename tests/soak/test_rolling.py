"""A new image reaches a real cloud member by member, and one that does not come up stops at the first."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

import pytest
from openstack.compute.v2.server import Server
from openstack.connection import Connection

from asty.world import PulumiClouds
from city.model.changes import Changes
from city.outcome import Outcome, Status
from infra import automation
from infra.events import Report
from infra.reach import connection
from lab.params import LabParams
from tests.infra.trial import KEPT, SITE, WORKLOADS, Trial, begin

PATIENCE = timedelta(seconds=45)
REPORT: Report = print
MEMBERS = [f"{service}-{number}" for service in KEPT for number in (1, 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    trial: Trial
    cloud: Connection

    def patch(self, words: bytes) -> str:
        """Another image in the city's data: the same bytes, but for their end; returns its digest."""
        platform, image = self.trial.project.city / "platform.yaml", self.trial.project.city / "images" / "base.raw"
        text, content = platform.read_text(encoding="utf-8"), image.read_bytes()
        image.write_bytes(content[: -len(words)] + words)
        digests = [hashlib.sha256(each).hexdigest() for each in (content, image.read_bytes())]
        platform.write_text(text.replace(digests[0], digests[1]), encoding="utf-8")
        return digests[1]

    def having(self, digest: str) -> frozenset[str]:
        """The members that run this image. The one before is gone from the cloud when the site's stack is up."""
        return frozenset(name for name, found in self.digests.items() if found == digest)

    @property
    def digests(self) -> dict[str, str]:
        """Of the image that each member runs."""
        images = {image.id: str(image.properties.get("asty_sha256")) for image in self.cloud.image.images()}
        return {server.name: images.get(server.image.id, "gone") for server in self.cloud.compute.servers(details=True)}

    @property
    def portal(self) -> Server:
        """The first member of the portal, as it is now."""
        return next(server for server in self.cloud.compute.servers(details=True) if server.name == "portal-1")

    def apply(self) -> list[Outcome]:
        """The site, then the workloads, as a plan that was just made says."""
        stacks = self.trial.stack(SITE), self.trial.stack(WORKLOADS)
        clouds = PulumiClouds(project=self.trial.project, stacks=stacks, changes=Changes(health_within=PATIENCE))
        site = automation.foresee(stacks[0], self.trial.project)
        workloads = automation.foresee(stacks[1], self.trial.project, site)
        return [*clouds.up(stacks[0], site, REPORT), *clouds.up(stacks[1], workloads, REPORT)]


@pytest.fixture(scope="module")
def world(datacentre: LabParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    trial = begin(tmp_path_factory.mktemp("rolling"), datacentre)
    trial.up(SITE)
    trial.up(WORKLOADS)
    with connection(trial.stack(SITE), trial.project.clouds) as cloud:
        yield World(trial=trial, cloud=cloud)
        trial.end()


@contextmanager
def meanwhile(watch: Callable[[Event], None]) -> Iterator[None]:
    over = Event()
    thread = Thread(target=watch, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wrong(outcomes: list[Outcome]) -> list[str]:
    return [outcome.reason for outcome in outcomes if outcome.status in {Status.FAILED, Status.UNKNOWN}]


def test_a_good_image_reaches_one_member_after_the_other(world: World) -> None:
    digest = world.patch(b"good")
    seen: list[frozenset[str]] = []

    def watch(over: Event) -> None:
        while not over.wait(0.2):
            seen.append(world.having(digest))

    with meanwhile(watch):
        assert wrong(world.apply()) == []
    firsts, all_of_them = {name for name in MEMBERS if name.endswith("-1")}, set(MEMBERS)
    assert world.having(digest) == all_of_them
    assert firsts in seen, "there was a moment in which the first ones alone had it"
    assert all(now <= firsts or firsts <= now for now in seen), "no second member before all first ones"


def test_an_image_that_does_not_come_up_stops_at_the_first_member(world: World) -> None:
    """Its guest powers off as soon as it was started."""
    digest = world.patch(b"evil")

    def power_off(over: Event) -> None:
        while not over.wait(0.2):
            if "portal-1" in world.having(digest) and world.portal.status == "ACTIVE":
                world.cloud.compute.stop_server(world.portal)
                return

    with meanwhile(power_off):
        told = wrong(world.apply())
    assert told == ["server portal-1 is SHUTOFF; the members after it were left as they are"]
    assert world.having(digest) == {"identity-1", "portal-1"}


def test_the_next_plan_brings_the_others_to_it_once_the_first_is_well(world: World) -> None:
    world.cloud.compute.start_server(world.portal)
    assert wrong(world.apply()) == []
    assert len(set(world.digests.values())) == 1
