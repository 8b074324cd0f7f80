"""A drill brings a service's files out of the vault of the site that it goes to."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest

from city.errors import Failed
from city.model.city import City
from city.model.services import Backup
from drs import steps
from drs.check import Answer
from drs.checklist import checklist
from drs.hands.files import FilesOf
from drs.mode import Mode
from drs.scene import Scene
from drs.steps.files_restored import STEP
from tests.drs.scenes import FakeFiles, FakeGround, scene
from tests.drs.twins import DATACENTRE, RECOVERY, twins

POINT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def at(ground: FakeGround, mode: Mode) -> Scene:
    return scene(ground.sites, "portal", mode, ground)


def do(of: Scene) -> str:
    assert STEP.do is not None
    return STEP.do(of)


@pytest.mark.parametrize(
    ("mode", "here", "there"), [(Mode.SWITCHOVER, RECOVERY, DATACENTRE), (Mode.FAILBACK, DATACENTRE, RECOVERY)]
)
def test_where_both_sites_stand_the_last_copy_is_made_before_it_is_brought(
    mode: Mode, here: object, there: object
) -> None:
    ground = FakeGround(twins())
    kept = {role: ground.kept[role] for role in ground.kept}
    (own,) = (kept[role] for role in kept if role is here)
    (other,) = (kept[role] for role in kept if role is there)
    other.serves = True
    assert STEP.verify(at(ground, mode)).answer is Answer.UNMET
    told = do(at(ground, mode))
    assert (other.done, own.done) == (
        ["leave"],
        ["wait", "bring 46c10b47 as it was"],
    ), "the very copy that was made last"
    assert told.startswith("portal-1 has 2 files, each verified, as of ")
    assert STEP.verify(at(ground, mode)).answer is Answer.MET


def test_who_leaves_is_told_what_lies_at_the_other_site_already() -> None:
    ground = FakeGround(twins())
    ground.kept[RECOVERY].staged = "as it was"
    do(at(ground, Mode.SWITCHOVER))
    assert ground.kept[DATACENTRE].done == ["leave as it was"]


def test_nobody_asks_a_site_that_is_gone() -> None:
    ground = FakeGround(twins())
    ground.kept[DATACENTRE].gone = True
    do(at(ground, Mode.FAILOVER))
    assert ground.kept[RECOVERY].done == ["bring"]
    assert STEP.verify(at(ground, Mode.FAILOVER)).answer is Answer.MET
    with pytest.raises(Failed, match="does not answer"):
        do(at(ground, Mode.SWITCHOVER))


def test_a_drill_to_a_point_brings_the_newest_copy_before_it() -> None:
    ground = FakeGround(twins())
    do(replace(at(ground, Mode.FAILOVER), point=POINT))
    assert ground.kept[RECOVERY].done == ["bring 2026-11-28T12:00:00+00:00"]


def test_a_server_of_which_the_other_site_had_none_keeps_its_files() -> None:
    ground = FakeGround(twins())
    ground.kept[DATACENTRE].server = "portal-2"
    assert do(at(ground, Mode.SWITCHOVER)) == "portal-1 keeps its files: none of its name was at the other site"
    assert ground.kept[RECOVERY].done == ["wait", "keep"]


def test_both_sites_are_asked_at_once_and_one_that_is_not_needed_may_be_silent() -> None:
    """Each waits for the other to be asked: one after the other, neither would ever answer."""
    ground, met = FakeGround(twins()), Barrier(2)
    sites: tuple[FakeFiles, FakeFiles] = (ground.kept[RECOVERY], ground.kept[DATACENTRE])
    for site in sites:

        def told(of: FakeFiles = site) -> tuple[FilesOf, ...]:
            met.wait(20)
            return (FilesOf(server=of.server, serves=of.serves),)

        site.told = told  # type: ignore[method-assign]
    assert STEP.verify(at(ground, Mode.SWITCHOVER)).reason == "portal-1 waits for its files"
    silent = FakeGround(twins())
    silent.kept[DATACENTRE].gone = True
    assert STEP.verify(at(silent, Mode.SWITCHOVER)).reason == "portal-1 waits for its files"


def test_two_sites_never_both_say_that_their_files_are_those_of_the_service() -> None:
    ground = FakeGround(twins())
    ground.kept[RECOVERY].serves = True
    proof = STEP.verify(at(ground, Mode.SWITCHOVER))
    assert (proof.answer, "has not made its last copy" in proof.reason) == (Answer.UNMET, True)


def test_taken_back_the_other_site_serves_again_or_is_said_not_to_know() -> None:
    ground = FakeGround(twins())
    do(at(ground, Mode.SWITCHOVER))
    assert STEP.undo is not None
    STEP.undo(at(ground, Mode.SWITCHOVER))
    assert (ground.kept[RECOVERY].serves, ground.kept[DATACENTRE].serves) == (False, True)
    ground.kept[DATACENTRE].gone = True
    assert "could not be told: it does not answer" in STEP.undo(at(ground, Mode.FAILOVER))


def with_vault(city: City) -> City:
    """`identity` keeps the copies, and the files of `portal` are copied."""
    services = []
    for one in city.services:
        assert one.workload is None or one.workload.roles == ()
        changed = replace(one, backup=Backup(to="recovery") if one.id == "portal" else None)
        if one.id == "identity" and one.workload:
            changed = replace(changed, workload=replace(one.workload, roles=("vault",)))
        services.append(changed)
    return replace(city, services=tuple(services))


def test_a_drill_has_the_step_where_the_city_has_a_vault_and_the_service_a_copy() -> None:
    city = twins().city
    for mode in (Mode.FAILOVER, Mode.SWITCHOVER, Mode.FAILBACK):
        assert "files_restored" not in {item.step.name for item in checklist(replace(city), mode)}
        taken = [item for item in checklist(with_vault(city), mode) if item.step.name == "files_restored"]
        assert [item.service for item in taken] == ["portal"]
    order = [item.step.name for item in checklist(with_vault(city), Mode.SWITCHOVER) if item.service == "portal"]
    assert order.index("service_runs") < order.index("files_restored") < order.index("name_answers")


def test_programs_that_ended_for_the_last_copy_run_again_before_the_files_come_home() -> None:
    sites = replace(twins(), city=with_vault(twins().city))
    runs = next(one for one in steps.every() if one.name == "service_runs").do
    assert runs is not None
    for mode, wanted in ((Mode.FAILBACK, ["wait"]), (Mode.SWITCHOVER, [])):
        ground = FakeGround(sites)
        runs(scene(sites, "portal", mode, ground))
        here = ground.kept[DATACENTRE if mode is Mode.FAILBACK else RECOVERY]
        assert (here.done, here.serves) == (wanted, False)
