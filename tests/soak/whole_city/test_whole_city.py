"""Every service of Thessaloniki is rehearsed, moves to the recovery site and home, and survives the loss of the data
centre; nobody names a service.

What is pilot-light or cold is opened by the drill, and taken away by the failback.
"""

from typing import Any

import pytest

from city.model import vaults
from city.model.services import Recovery
from drs.expected import in_the_cloud
from tests.soak.living.city import LivingCity, until
from tests.soak.living.drilling import PERSONS, await_entry, entries, journals

pytestmark = pytest.mark.slow
_DRILL_S = 1800
_COPIED_S = 1800
KEPT = "/mnt/vdb/kept"
FILES = "open-data"


def run(living: LivingCity, service: str, site: str, *command: str) -> dict[str, str]:
    """What each member's command wrote, by its name; of one that failed nothing."""
    told = living.operator.asks("run", service, "--site", site, "--", *command, code=None)["outcomes"]
    return {one["subject"].partition(" ")[0]: (one["stdout"] or "").strip() for one in told if one["exit"] == 0}


def blocking(living: LivingCity) -> list[str]:
    gaps = living.operator.asks("drill", "readiness", code=None)["gaps"]
    return [f"{gap['subject']}: {gap['problem']}" for gap in gaps if gap["weight"] == "blocking"]


def asking(living: LivingCity, *, ahead: bool) -> list[str]:
    """The steps of the latest drill that somebody has to agree to: those before the first wave, or the rest."""
    told = living.operator.asks("drill", "status", code=None)["tasks"]
    return [one["task"] for one in told if one["approvers"] and one["task"].startswith("service_runs") is ahead]


def agree(living: LivingCity, *, ahead: bool) -> None:
    steps = asking(living, ahead=ahead)
    for person in PERSONS:
        living.operator.asty("drill", "approve", *steps, "--by", person)


def drilled(living: LivingCity, mode: str) -> list[dict[str, Any]]:
    """The entries of a drill of all services. In a real one, two agree to what comes before all waves, and to the rest
    once nothing of that is left."""
    before, real = len(journals(living)), mode != "rehearse"
    with living.operator.start("drill", "run", "--mode", mode, "--by", "maria") as process:
        until(lambda: len(journals(living)) > before)
        await_entry(living, 120, what="opened", mode=mode)
        if real:
            agree(living, ahead=True)
            for service in in_the_cloud(living.city):
                for step in ("service_runs", "shorten_ttl"):
                    await_entry(living, _DRILL_S, what="seen", task=f"{step}:{service}", answer="met")
            for service in (one.id for one in vaults.copied(living.city)):
                await_entry(living, _DRILL_S, what="seen", task=f"files_staged:{service}", answer="met")
            agree(living, ahead=False)
        assert process.wait(_DRILL_S) == 0, entries(living)
    told = living.operator.asks("drill", "status", code=None)["tasks"]
    assert {one["stage"] for one in told} == {"proven"}
    return entries(living)


def measured(told: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["service"]: one for one in told if one["what"] == "measured"}


def test_all_services_go_there_and_come_home_and_each_is_measured(living: LivingCity) -> None:
    services = set(in_the_cloud(living.city))
    living.all_up()
    run(living, FILES, "datacentre", "cp", "/etc/hostname", KEPT)
    until(lambda: not blocking(living), _COPIED_S)
    assert {one["lost"] for one in measured(drilled(living, "rehearse")).values()} <= {0, None}
    for mode, here in (("switchover", "recovery"), ("failback", "datacentre")):
        found = measured(drilled(living, mode))
        assert set(found) == services, "nobody is left out"
        assert {name: one["lost"] for name, one in found.items() if one["lost"]} == {}, mode
        assert all(one["downtime_s"] is not None for one in found.values()), found
        assert run(living, FILES, here, "cat", KEPT)[f"{FILES}-1"] == f"{FILES}-1"
    for service in services:
        if living.city.service(service).recovery in {Recovery.COLD, Recovery.PILOT_LIGHT}:
            assert run(living, service, "recovery", "true").keys() <= {f"{service}-db"}, "closed again"
    table = living.operator.asks("drill", "table")["services"]
    assert {one["service"] for one in table if one["downtime_s"] is None} == set()
    living.all_up()


def test_all_services_survive_the_loss_of_the_data_centre(living: LivingCity) -> None:
    """A cloud that is gone cannot say that a database is fenced: one person answers for all, another goes on."""
    until(lambda: not blocking(living), _COPIED_S)
    before, services = len(journals(living)), in_the_cloud(living.city)
    living.operator.asty("lab", "fault", "region-off", "datacentre")
    with living.operator.start("drill", "run", "--mode", "failover", "--by", "maria") as process:
        until(lambda: len(journals(living)) > before)
        await_entry(living, 120, what="opened", mode="failover")
        for ahead in (True, False):
            agree(living, ahead=ahead)
        for service in services:
            await_entry(living, _DRILL_S, what="seen", task=f"service_runs:{service}", answer="met")
        fences = [one for one in asking(living, ahead=False) if one.startswith("fence:")]
        reason = "the building has no power, and the fire brigade lets nobody in"
        living.operator.asty("drill", "override", *fences, "--by", "eleni", "--reason", reason)
        process.kill()
    living.operator.asty("drill", "resume", "--by", "nikos")
    told = living.operator.asks("drill", "status", code=None)["tasks"]
    assert {one["task"] for one in told if one["stage"] == "overridden"} == set(fences)
    assert {one["stage"] for one in told} == {"proven", "overridden"}
    found = measured(entries(living))
    assert set(found) == set(services) and {one["lost"] for one in found.values()} <= {0, None}
    living.operator.asty("lab", "fault", "clear", "datacentre")
    living.all_up()
    found = measured(drilled(living, "failback"))
    assert {one["lost"] for one in found.values()} <= {0, None}
    until(lambda: not blocking(living), _COPIED_S)
    living.all_up()
