"""The plan of a drill is refused where it is not sound, before anything is done."""

import json
from dataclasses import replace

import pytest

from city.errors import InvalidInput
from drs.drill.plan import Plan, Task
from tests.drs.drill.plans import FAILOVER, task

UNSOUND = {
    "nothing": ((), "it has no task"),
    "twice": ((task("a"), task("a")), "two tasks have one id"),
    "stranger": ((task("a", "b"),), "a needs b, which is no task of it"),
    "circle": ((task("a", "b"), task("b", "c"), task("c", "a")), "in a circle: a -> "),
    "itself": ((task("a", "a"),), "in a circle: a -> a"),
    "never fenced": ((task("a", promotes="db"),), "a would promote db before any task has fenced it"),
    "other fenced": ((task("a", fences="other"), task("b", "a", promotes="db")), "b would promote db"),
    "fenced beside": ((task("a", fences="db"), task("b", promotes="db")), "b would promote db"),
    "fenced after": ((task("a", "b", fences="db"), task("b", promotes="db")), "b would promote db"),
    "fences itself": ((task("a", fences="db", promotes="db"),), "a would promote db"),
}


@pytest.mark.parametrize(("tasks", "problem"), UNSOUND.values(), ids=UNSOUND.keys())
def test_an_unsound_plan_is_refused_with_what_is_wrong(tasks: tuple[Task, ...], problem: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Plan(mode="failover", tasks=tasks)
    assert problem in str(refusal.value)


def test_a_fence_far_back_suffices() -> None:
    Plan(mode="failover", tasks=(task("a", fences="db"), task("b", "a"), task("c", "b", promotes="db")))


def test_the_digest_tells_any_change() -> None:
    plan = Plan(mode="failover", tasks=(task("a"), task("b", "a")))
    others = (
        Plan(mode="rehearse", tasks=plan.tasks),
        Plan(mode="failover", tasks=(task("a"), task("b"))),
        Plan(mode="failover", tasks=(task("b"), task("a"))),
        Plan(mode="failover", tasks=(task("a"), task("b", "a", approvers=1))),
        Plan(mode="failover", tasks=(task("a"), task("b", "a", limit=31))),
        Plan(mode="failover", tasks=(task("a", fences="x"), task("b", "a"))),
    )
    assert len({plan.digest, *(other.digest for other in others)}) == 1 + len(others)
    assert plan.digest == Plan(mode="failover", tasks=(task("a"), task("b", "a"))).digest


def test_a_plan_of_before_steps_said_that_they_come_afterwards_is_read_as_it_was() -> None:
    plan = Plan(mode="failback", tasks=(task("a"), replace(task("b", "a"), afterwards=True)))
    told = plan.as_json()
    assert "afterwards" not in told["tasks"][0], "so its digest is the one that journals have"
    assert Plan.from_json(json.loads(json.dumps(told))) == plan
    assert plan.digest != Plan(mode="failback", tasks=(task("a"), task("b", "a"))).digest


def test_who_fences_what_is_told_by_the_plan() -> None:
    assert [one.id for one in FAILOVER.fencing("register")] == ["fence"]
    assert FAILOVER.fencing("portal") == ()
