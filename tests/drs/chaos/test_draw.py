"""Which fault befalls a drill is drawn by the seed alone."""

import pytest

from city.errors import InvalidInput
from city.model.places import SiteRole
from drs.chaos.draw import MODES, draw, every, mode_of
from drs.chaos.fault import Fault, Phase, Thing
from drs.drill.of_city import plan_of
from drs.drill.plan import Plan
from drs.mode import Mode
from tests.drs.chaos.paper_city import SERVICES, sites


def plan(mode: Mode = Mode.SWITCHOVER) -> Plan:
    return plan_of(sites().city, mode, SERVICES)


def anything(_fault: Fault) -> bool:
    return True


def test_the_same_seed_draws_the_same_and_twenty_seeds_draw_nearly_every_fault() -> None:
    drawn = [draw(seed, plan(), anything) for seed in range(20)]
    assert drawn == [draw(seed, plan(), anything) for seed in range(20)]
    assert len({one.name for one in drawn}) >= len(every()) - 1
    assert {mode_of(seed) for seed in range(20)} == set(MODES)


@pytest.mark.parametrize("name", sorted(every()))
def test_each_fault_can_be_asked_for_and_says_in_a_sentence_what_happens(name: str) -> None:
    drawn = draw(3, plan(), anything, name=name)
    assert (drawn.name, drawn.fault) == (name, every()[name])
    assert "{" not in drawn.told.partition("(")[0]
    assert drawn.service in SERVICES or drawn.fault.befalls is not Thing.DATABASE
    if drawn.fault.steps:
        assert {task.step for task in plan().tasks if task.id == drawn.task} <= drawn.fault.steps


def test_a_promoted_database_crashes_where_it_was_promoted_and_after_it() -> None:
    for seed in range(20):
        for mode, role in ((Mode.FAILOVER, SiteRole.RECOVERY), (Mode.FAILBACK, SiteRole.DATACENTRE)):
            drawn = draw(seed, plan(mode), anything, name="promoted-crashes")
            assert (drawn.role, drawn.task) == (role, f"promote:{drawn.service}")
            assert drawn.phase in {Phase.ENDED, Phase.PROVEN}


def test_a_step_is_named_by_its_task_or_for_any_service() -> None:
    assert draw(1, plan(), anything, at="drain:portal").task == "drain:portal"
    assert {draw(seed, plan(), anything, at="drain").task for seed in range(20)} == {"drain:portal", "drain:identity"}


@pytest.mark.parametrize(
    ("at", "name", "problem"),
    [
        ("dance", "", "step dance: a switchover of these services has none. Name one of site_ready, "),
        ("", "flood", "fault flood: no drill knows it. Name one of api-503, "),
        ("drain", "promoted-crashes", "fault promoted-crashes: it says nothing at step drain"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(at: str, name: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        draw(1, plan(), anything, at=at, name=name)
    assert problem in str(refusal.value)


def test_only_what_can_be_made_to_happen_is_drawn() -> None:
    for seed in range(30):
        assert draw(seed, plan(), lambda fault: fault.befalls is Thing.LINK).name == "link-cut"
    with pytest.raises(InvalidInput, match="it cannot be made to happen here"):
        draw(1, plan(), lambda _: False, name="freeze")
