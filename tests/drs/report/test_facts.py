"""The facts of a drill: what its journal proves, and nothing that it does not."""

from dataclasses import replace
from datetime import datetime, timedelta

from city.model.city import City
from drs.check import Answer
from drs.drill.entry import Approved, Begun, Closed, Ended, Entry, Opened, Overridden, Seen, Stopped
from drs.drill.of_city import plan_of
from drs.drill.run import Run
from drs.drill.status import lines
from drs.report.facts import Facts, facts_json, of_journal
from drs.report.page import page
from drs.step import Mode
from tests.drs.drill.test_run import NOW
from tests.drs.twins import city

PLAN = plan_of(city(), Mode.FAILOVER)
OPENED = Opened(at=NOW, by="maria", drill="d1", mode="failover", plan=PLAN.digest, machine="laptop")


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def seen(task: str, minutes: float, answer: Answer = Answer.MET) -> Seen:
    return Seen(at=after(minutes), by="maria", task=task, answer=answer, reason=f"looked at {task}")


def told(*entries: Entry, of: City | None = None) -> Facts:
    whole: tuple[Entry, ...] = (OPENED, *entries)
    run = Run(plan=PLAN)
    for entry in whole:
        run = run.after(entry)
    return of_journal("d1", of or city(), run, whole, "f" * 64)


IDENTITY = (
    seen("site_ready", 1),
    seen("service_runs:identity", 5),
    seen("name_answers:identity", 7),
    seen("service_answers:identity", 9),
)


def test_a_service_took_as_long_as_its_last_step() -> None:
    identity, portal, *_ = told(*IDENTITY).services
    assert (identity.service, identity.took, identity.in_time) == ("identity", timedelta(minutes=9), True)
    assert (portal.service, portal.took, portal.in_time) == ("portal", None, None)


def test_a_service_that_took_longer_than_promised_is_told_so() -> None:
    assert city().service("identity").rto == timedelta(minutes=30)
    (late, *_) = told(*IDENTITY[:3], seen("service_answers:identity", 31)).services
    (just, *_) = told(*IDENTITY[:3], seen("service_answers:identity", 30)).services
    assert (late.in_time, just.in_time) == (False, True)


def test_what_was_seen_again_later_counts_from_when_it_was_proven_first() -> None:
    (identity, *_) = told(*IDENTITY, seen("service_answers:identity", 50)).services
    assert identity.took == timedelta(minutes=9)


def test_what_fell_again_is_not_recovered() -> None:
    (identity, *_) = told(*IDENTITY, seen("service_runs:identity", 20, Answer.UNMET)).services
    assert identity.took is None


def test_what_a_person_answers_for_is_never_in_time() -> None:
    answer = Overridden(
        at=after(9), by="eleni", task="service_answers:identity", reason="the delegation is with the state"
    )
    facts = told(*IDENTITY[:3], answer)
    identity = facts.services[0]
    assert (identity.took, identity.in_time) == (timedelta(minutes=9), None)
    assert identity.answered_for == ("service_answers:identity",)


def test_who_took_part_is_told_once_in_the_order_in_which_they_came() -> None:
    agreed = Approved(at=after(2), by="nikos", task="service_runs:portal", until=after(40))
    facts = told(agreed, seen("site_ready", 3))
    assert facts.persons == ("maria", "nikos")
    assert facts.approvals == (agreed,)


def test_a_step_took_from_its_last_beginning_until_it_was_proven() -> None:
    tried = (
        seen("site_ready", 1, Answer.UNMET),
        Begun(at=after(2), by="maria", task="site_ready", attempt=1),
        Ended(at=after(3), by="maria", task="site_ready", attempt=1, told="made", failed=False),
        seen("site_ready", 4),
    )
    facts = told(*tried)
    assert facts.took(PLAN.by_id["site_ready"]) == timedelta(minutes=2)
    assert facts.took(PLAN.by_id["service_runs:portal"]) is None
    assert told(*IDENTITY).took(PLAN.by_id["site_ready"]) is None, "it stood already"


def test_the_last_look_at_a_step_is_its_proof() -> None:
    facts = told(seen("site_ready", 1, Answer.UNMET), seen("site_ready", 2))
    assert facts.proofs["site_ready"].at == after(2)
    assert "service_runs:portal" not in facts.proofs


def test_the_json_has_stable_keys_and_says_null_for_what_nobody_knows() -> None:
    stopped = Stopped(at=after(10), by="nikos", reason="enough")
    run = told(*IDENTITY, stopped).run
    facts = told(*IDENTITY, stopped, Closed(at=after(11), by="maria", left=run.left))
    found = facts_json(facts)
    assert set(found) == {
        *("drill", "city", "mode", "point", "plan", "head", "began", "ended", "over"),
        *("persons", "machines", "left", "services", "steps", "deviations", "entries"),
    }
    assert found["services"][0] == {
        "service": "identity",
        "rto_s": 1800.0,
        "rpo_s": 300.0,
        "mtd_s": None,
        "took_s": 540.0,
        **dict.fromkeys(("downtime_s", "acknowledged", "lost", "lost_s", "measured_how", "within_rpo", "within_mtd")),
        "in_time": True,
        "answered_for": [],
    }
    assert found["services"][1]["took_s"] is None
    assert found["over"] is True
    assert found["steps"][0]["task"] == "site_ready"
    assert found["steps"][0]["took_s"] is None
    assert found["deviations"][0] == {
        "kind": "was stopped",
        "at": after(10).isoformat(),
        "about": {"by": "nikos", "reason": "enough"},
        "follow_up": None,
    }
    assert len(found["entries"]) == len(facts.entries)


def test_a_drill_to_a_point_says_to_which_moment_and_one_without_says_null() -> None:
    assert facts_json(told())["point"] is None
    went = replace(PLAN, point="2026-02-28T12:00:00+00:00")
    opened = replace(OPENED, plan=went.digest)
    facts = of_journal("d1", city(), Run(plan=went).after(opened), (opened,), "f" * 64)
    assert facts_json(facts)["point"] == "2026-02-28T12:00:00+00:00"
    assert "was given up by decision" in page(facts, "en") and "given up" not in page(told(), "en")
    assert "data are taken back to 2026-02-28T12:00:00+00:00" in list(lines("d1", facts.run, NOW))
