"""Pulumi is killed at thirty-two moments, and each time the next plan and apply bring the cloud to the city's data.

Four rounds of eight changes: a site is made, changed in place, replaced in part and taken away; between that so are
the workloads on it. A first round that nobody disturbs shows what the cloud is to hold after each change.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openstack.connection import Connection

from city.outcome import Outcome, Status
from infra import automation, preparing
from infra.checkpoint import latest
from infra.events import Report
from infra.interrupted import pending
from infra.reach import connection
from lab.params import LabParams
from tests.infra.trial import KEPT, SITE, WORKLOADS, Trial, begin
from tests.soak import killing
from tests.soak.killing import Moment
from tests.soak.read_back import Held, read_back

ROUNDS = 4
CREATE, UPDATE, DELETE = frozenset({"create"}), frozenset({"update"}), frozenset({"delete"})
REPLACE = frozenset({"create-replacement", "replace", "delete-replaced"})
DELAYS_S = (0.0, 0.02, 0.1, 0.3)
_, PORTAL = KEPT
REPORT: Report = print


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`pristine` is the city's folder as every round begins with it; `portal` its one service."""

    trial: Trial
    cloud: Connection
    pristine: Path
    portal: dict[str, Any]
    logs: Path

    def begin_anew(self) -> None:
        shutil.rmtree(self.trial.project.city)
        shutil.copytree(self.pristine, self.trial.project.city)

    def say(self, file: str, old: str, new: str) -> None:
        path = self.trial.project.city / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def serve(self, owner: str = "Example ICT", **workload: object) -> None:
        self.trial.declare(portal={**self.portal, "owner": owner, "workload": {**self.portal["workload"], **workload}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`declare` puts it into the city's data; `kinds` are the operations among which it is killed."""

    name: str
    stack: str
    kinds: frozenset[str]
    declare: Callable[[World], None]
    verb: str = "up"


def _replace_site(world: World) -> None:
    """Other flavours and another key: neither a cloud can change in place."""
    world.say("platform.yaml", "vcpus: 2", "vcpus: 3")
    world.say("platform.yaml", "vcpus: 1", "vcpus: 2")
    key = (
        Ed25519PrivateKey.from_private_bytes(bytes(32))
        .public_key()
        .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    )
    platform = world.trial.project.city / "platform.yaml"
    lines = platform.read_text(encoding="utf-8").splitlines()
    told = [f"operators_key: {key.decode()}" if line.startswith("operators_key:") else line for line in lines]
    platform.write_text("\n".join(told) + "\n", encoding="utf-8")


CHANGES = (
    Change(name="site is made", stack=SITE, kinds=CREATE, declare=World.begin_anew),
    Change(
        name="site is renamed",
        stack=SITE,
        kinds=UPDATE,
        declare=lambda world: world.say("city.yaml", "en: Example}", "en: Example town}"),
    ),
    Change(name="site offers others", stack=SITE, kinds=REPLACE, declare=_replace_site),
    Change(name="service is made", stack=WORKLOADS, kinds=CREATE, declare=lambda world: world.serve(slot=3)),
    Change(
        name="service grows and changes hands",
        stack=WORKLOADS,
        kinds=UPDATE,
        declare=lambda world: world.serve(slot=3, volume="2 GB", owner="Example works"),
    ),
    Change(
        name="service moves",
        stack=WORKLOADS,
        kinds=REPLACE,
        declare=lambda world: world.serve(slot=5, volume="2 GB", owner="Example works"),
    ),
    Change(name="service goes", stack=WORKLOADS, kinds=DELETE, declare=lambda world: world.trial.declare(portal=None)),
    Change(name="site goes", stack=SITE, kinds=DELETE, declare=lambda _world: None, verb="destroy"),
)


@pytest.fixture(scope="module")
def world(datacentre: LabParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("soak")
    trial = begin(folder, datacentre)
    portal = trial.declared(PORTAL)
    trial.declare(**dict.fromkeys(KEPT))
    shutil.copytree(trial.project.city, folder / "pristine")
    for name in (SITE, WORKLOADS):
        preparing.make(trial.stack(name), trial.project)
    trial.configure(WORKLOADS, f"release-volumes.{PORTAL}")
    trial.configure(SITE, "release-site")
    with connection(trial.stack(SITE), trial.project.clouds) as cloud:
        yield World(trial=trial, cloud=cloud, pristine=folder / "pristine", portal=portal, logs=folder)
        trial.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """What the cloud holds after a change that ended well, and how many operations of its kinds that took."""

    held: Held
    operations: int


@pytest.fixture(scope="module")
def undisturbed(world: World) -> dict[str, Undisturbed]:
    found = {}
    for change in CHANGES:
        change.declare(world)
        log = world.logs / f"{change.stack}-{change.name.replace(' ', '-')}.json"
        ended = killing.run(world.trial, change.stack, change.verb, log)
        assert ended == 0, f"{change.name}: {log.with_suffix('.out').read_text(encoding='utf-8')}"
        operations = len(killing.begun(log, change.kinds))
        assert operations, f"{change.name}: nothing to be killed in"
        found[change.name] = Undisturbed(held=read_back(world.cloud), operations=operations)
    return found


def _left(trial: Trial, stack: str) -> list[str]:
    """The operations that a killed run left in between."""
    deployment = latest(trial.project.checkpoint(stack))
    return [str(operation) for operation in pending(deployment)]


def _apply(trial: Trial, change: Change) -> list[Outcome]:
    """As `asty plan` and `asty apply` do, one after the other."""
    stack, project = trial.stack(change.stack), trial.project
    if change.verb == "destroy":
        preparing.prepare(stack, project, REPORT)
        return automation.destroy(stack, project)
    planned = automation.foresee(stack, project, report=REPORT)
    preparing.prepare(stack, project, REPORT)
    assert not planned.beyond(automation.preview(stack, project)), "the plan said all"
    return automation.up(stack, project, planned=planned)


@pytest.mark.parametrize(
    ("seed", "change"),
    [
        pytest.param(number * len(CHANGES) + index, change, id=f"round{number + 1}-{change.name.replace(' ', '-')}")
        for number in range(ROUNDS)
        for index, change in enumerate(CHANGES)
    ],
)
def test_what_was_killed_is_healed_by_the_next_plan_and_apply(
    seed: int, change: Change, world: World, undisturbed: dict[str, Undisturbed]
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same moments in every run
    moment = Moment(
        kinds=change.kinds,
        number=chance.randrange(undisturbed[change.name].operations),
        delay_s=chance.choice(DELAYS_S),
        all_of_it=chance.random() < 0.5,
    )
    change.declare(world)
    log = world.logs / f"{seed}.json"
    assert killing.run(world.trial, change.stack, change.verb, log, moment) is None, "it was killed in the middle"
    REPORT(f"seed {seed}, {moment}: it left {', '.join(_left(world.trial, change.stack)) or 'nothing'}")
    outcomes = _apply(world.trial, change)
    assert not [str(one) for one in outcomes if one.status in {Status.FAILED, Status.UNKNOWN}]
    assert read_back(world.cloud) == undisturbed[change.name].held
