"""Readiness judges files by what the vault of the recovery site says of their copies."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from city.model.services import Backup
from drs import vaults
from drs.check import Answer, Weight
from drs.checks import backups, data
from drs.compared import Sites
from drs.mode import Mode
from drs.observed import Unseen, known
from drs.steps import site_ready
from drs.vaults import AskedVault, SeenCopy, SeenVault
from tests.drs.scenes import scene
from tests.drs.test_files_restored import with_vault
from tests.drs.twins import NOW, twins

GOOD = SeenCopy(newest=NOW - timedelta(minutes=3), count=4, size=7000, good=True)


def told(**copies: SeenCopy) -> SeenVault:
    return SeenVault(at=NOW, copies={"portal": {name.replace("_", "-"): one for name, one in copies.items()}})


def sites(answer: SeenVault | Unseen | None) -> Sites:
    bare = twins()
    asked = () if answer is None else (AskedVault(site="recovery", answer=answer),)
    return replace(bare, city=with_vault(bare.city), vaults=asked)


def found(check: str, answer: SeenVault | Unseen | None) -> tuple[Answer, str]:
    of, subject = {"data": (data, "data on portal-1-data"), "backups": (backups, "backups of")}[check]
    findings = [finding for finding in of.CHECK.findings(sites(answer)) if "portal" in finding.services]
    (one,) = [finding for finding in findings if finding.subject.startswith(subject)]
    return one.answer, one.problem


@pytest.mark.parametrize("check", ["data", "backups"])
def test_a_young_and_whole_copy_in_the_vault_will_do(check: str) -> None:
    assert found(check, told(portal_1=GOOD, portal_2=GOOD)) == (Answer.MET, "")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (told(portal_2=GOOD), "the vault at recovery has no copy of its files"),
        (told(portal_1=replace(GOOD, good=False, problem="pack 7 is gone")), "finds its copies spoilt: pack 7 is gone"),
        (told(portal_1=replace(GOOD, newest=NOW - timedelta(minutes=16))), "0:16:00 old, 0:15:00 were promised (RPO)"),
        (told(portal_1=replace(GOOD, newest=NOW + timedelta(hours=1))), "which is to come"),
    ],
)
def test_a_copy_that_is_missing_spoilt_old_or_of_tomorrow_will_not(answer: SeenVault, problem: str) -> None:
    assert found("data", answer)[0] is Answer.UNMET
    assert problem in found("data", answer)[1]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "nobody asked a vault"),
        (Unseen(reason="its host is silent"), "its host is silent"),
        (replace(told(portal_1=GOOD), at=NOW - timedelta(hours=1)), "last, by its own clock"),
    ],
)
@pytest.mark.parametrize("check", ["data", "backups"])
def test_a_silent_vault_leaves_it_unknown(check: str, answer: SeenVault | Unseen | None, problem: str) -> None:
    assert found(check, answer)[0] is Answer.UNKNOWN
    assert problem in found(check, answer)[1]


def test_spoilt_copies_are_no_backup() -> None:
    spoilt = replace(GOOD, good=False, problem="pack 7 is gone")
    answer, problem = found("backups", told(portal_1=spoilt, portal_2=spoilt))
    assert (answer, problem) == (Answer.UNKNOWN, "nobody saw a copy of any volume of portal at recovery")


def test_files_of_a_service_that_serves_there_already_only_warn() -> None:
    (one,) = [one for one in data.CHECK.findings(sites(told())) if one.subject == "data on portal-1-data"]
    assert one.weight is Weight.WARNING


WRITTEN: dict[str, Any] = {
    "at": "2026-11-30T00:15:31+00:00",
    "copies": {
        "portal": {
            "portal-1": {
                "newest": "2026-11-30T00:15:29+00:00",
                "oldest": "2026-11-30T00:15:28+00:00",
                "count": 3,
                "bytes": 6127,
                "good": True,
                "problem": "",
                "checked_at": "2026-11-30T00:15:31+00:00",
            }
        }
    },
}
"""As a vault's keeper wrote it."""


def test_what_a_vault_writes_is_read() -> None:
    read = vaults.read(json.dumps(WRITTEN))
    assert isinstance(read, SeenVault)
    copy = read.of("portal", "portal-1")
    assert copy is not None and (copy.count, copy.size, copy.good, copy.problem) == (3, 6127, True, "")
    assert copy.newest.isoformat() == "2026-11-30T00:15:29+00:00"
    assert read.of("portal", "portal-2") is None and read.of("other", "portal-1") is None


def _of(change: Callable[[dict[str, Any]], object]) -> str:
    told = json.loads(json.dumps(WRITTEN))
    change(told)
    return json.dumps(told)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        _of(lambda one: one.update(at="2026-11-30T00:15:31")),
        _of(lambda one: one["copies"].update(portal=7)),
        _of(lambda one: one["copies"]["portal"]["portal-1"].update(good="yes")),
        _of(lambda one: one["copies"]["portal"]["portal-1"].pop("newest")),
    ],
)
def test_what_no_vault_writes_is_unknown(text: str) -> None:
    assert isinstance(vaults.read(text), Unseen)


def whole_city(answer: SeenVault | Unseen) -> Sites:
    """Everything stands, every service with a volume declares a backup, and no volume says that a copy came to it."""
    bare = twins()
    kept = tuple(replace(one, backup=Backup(to="recovery")) for one in with_vault(bare.city).services)
    volumes = tuple(replace(one, copy_of="", data_as_of=None) for one in known(bare.recovery.volumes))
    city = replace(bare.city, services=kept)
    seen = replace(bare.recovery, volumes=volumes)
    return replace(bare, city=city, recovery=seen, vaults=(AskedVault(site="recovery", answer=answer),))


def test_a_drill_of_the_whole_city_begins_by_the_word_of_the_vault_alone() -> None:
    copies = {
        one.id: {f"{one.id}-{number}": GOOD for number in range(1, 1 + one.workload.instances)}
        for one in twins().city.services
        if one.workload
    }
    ready = site_ready.STEP.verify(scene(whole_city(SeenVault(at=NOW, copies=copies)), mode=Mode.SWITCHOVER))
    assert ready.answer is Answer.MET, ready.reason
    del copies["open-data"]
    lacking = site_ready.STEP.verify(scene(whole_city(SeenVault(at=NOW, copies=copies)), mode=Mode.SWITCHOVER))
    assert (lacking.answer, "no copy of its files" in lacking.reason) == (Answer.UNMET, True)
    silent = site_ready.STEP.verify(scene(whole_city(Unseen(reason="it is silent")), mode=Mode.SWITCHOVER))
    assert (silent.answer, "it is silent" in silent.reason) == (Answer.UNKNOWN, True)
