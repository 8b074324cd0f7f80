"""Databases of both sites, as their hosts tell: who takes writes, who follows, how far behind; and what is kept."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drs.check import Answer, Weight
from drs.checks import backups, databases
from drs.compared import Sites
from drs.databases import FRESH, AskedDatabase, SeenDatabase, fresh, read
from drs.observed import Unseen
from drs.readiness import Alone, Preparedness
from tests.drs import twins as example
from tests.drs.twins import DATACENTRE, NOW, PRIMARY, RECOVERY, STANDBY, alone, assessed, city, gap_of, twins

pytestmark = pytest.mark.usefixtures("with_databases")
TOLD: dict[str, object] = {
    "at": "2030-03-31T11:59:40+00:00",
    "in_recovery": True,
    "system": "7301885112233445566",
    "timeline": 3,
    "streams": True,
    "lag_s": 0.25,
    "lag_bytes": 1832,
    "slot_kept_bytes": None,
    "slot_state": "extended",
    "archived_at": None,
    "archive_failing": False,
    "backup_at": "2030-03-31T11:10:00Z",
    "restored_at": "2030-03-31 02:17:00+00",
    "restored_to": "2030-03-31T02:00:00+00:00",
    "restore_good": True,
    "restore_problem": "",
}
"""As the role writes it."""


def test_why_a_database_does_not_answer_its_own_host_is_told_in_the_hosts_words() -> None:
    found = read(json.dumps({"at": TOLD["at"], "problem": "psql: error: the database system is shutting down"}))
    assert found == Unseen(
        reason="its host says that the database does not answer: psql: error: the database system is shutting down"
    )


def test_what_a_host_says_of_itself_is_read() -> None:
    assert read(json.dumps(TOLD)) == SeenDatabase(
        at=NOW - timedelta(seconds=20),
        standby=True,
        system="7301885112233445566",
        timeline=3,
        streams=True,
        lag=timedelta(milliseconds=250),
        slot_state="extended",
        archive_failing=False,
        backup_at=NOW - timedelta(minutes=50),
        restored_at=NOW.replace(hour=2, minute=17),
        restored_well=True,
    )


@pytest.mark.parametrize("key", ["lag_s", "slot_state", "backup_at", "restored_at", "restore_good", "restore_problem"])
def test_what_a_host_does_not_know_is_not_known(key: str) -> None:
    absent = read(json.dumps({name: value for name, value in TOLD.items() if name != key}))
    assert absent == read(json.dumps({**TOLD, key: None})) and isinstance(absent, SeenDatabase)
    field = {"lag_s": "lag", "restore_good": "restored_well"}.get(key, key)
    assert getattr(absent, field) in {None, ""}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"at": None}, "it says nothing of at"),
        ({"in_recovery": "yes"}, "nobody can read its in_recovery, 'yes'"),
        ({"timeline": True}, "its timeline, True"),
        ({"system": 7301}, "its system, 7301"),
        ({"at": "2030-03-31T11:59:40"}, "its at, '2030-03-31T11:59:40'"),
        ({"backup_at": "yesterday"}, "its backup_at, 'yesterday'"),
        ({"backup_at": "0001-01-01T00:00:00+23:00"}, "its backup_at"),
        ({"lag_s": "none"}, "its lag_s, 'none'"),
        ({"lag_s": float("nan")}, "its lag_s, nan"),
        ({"lag_s": float("inf")}, "its lag_s, inf"),
    ],
)
def test_what_no_host_would_say_is_told_and_believed_in_no_part(changes: dict[str, object], problem: str) -> None:
    found = read(json.dumps({**TOLD, **changes}))
    assert isinstance(found, Unseen) and problem in found.reason


@pytest.mark.parametrize("text", ["", "{", "[]", '"standing"', "null", json.dumps(TOLD)[:-30]])
def test_half_a_file_is_no_answer(text: str) -> None:
    found = read(text)
    assert isinstance(found, Unseen) and found.reason.startswith("nobody can read /run/database/standing.json")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(TOLD)), _JSON))
def test_no_value_breaks_the_reader(changes: dict[str, object]) -> None:
    assert isinstance(read(json.dumps({**TOLD, **changes})), SeenDatabase | Unseen)


def test_clocks_that_differ_a_little_make_no_lag() -> None:
    found = read(json.dumps({**TOLD, "lag_s": -0.003}))
    assert isinstance(found, SeenDatabase) and found.lag == timedelta()


@pytest.mark.parametrize(
    ("age", "known"), [(FRESH, True), (FRESH + timedelta(seconds=1), False), (-FRESH, True), (-2 * FRESH, False)]
)
def test_what_was_said_long_ago_or_is_to_come_says_nothing_of_now(age: timedelta, known: bool) -> None:  # noqa: FBT001 - a table
    found = fresh(replace(STANDBY, at=NOW - age), NOW)
    assert isinstance(found, SeenDatabase) is known
    assert known or (isinstance(found, Unseen) and ("last" if age > timedelta() else "clock") in found.reason)


def answering(here: SeenDatabase | Unseen = STANDBY, there: SeenDatabase | Unseen = PRIMARY) -> Sites:
    """The whole sites, of whose hosts portal's answer so."""
    told = {"recovery": here, "datacentre": there}
    asked = tuple(replace(one, answer=told[one.site]) if one.service == "portal" else one for one in twins().databases)
    return replace(twins(), databases=asked)


def told(sites: Sites, subject: str) -> tuple[Answer, Weight, str]:
    every = [*databases.CHECK.findings(sites), *backups.CHECK.findings(sites)]
    (found,) = [one for one in every if one.subject == subject]
    assert found.services == {"portal"}
    return found.answer, found.weight, found.problem


def test_a_pair_of_which_one_follows_the_other_is_ready() -> None:
    assert assessed(answering()).verdict is Preparedness.READY
    assert told(answering(), "database portal") == (Answer.MET, Weight.BLOCKING, "")
    assert told(answering(), "replication of database portal") == (Answer.MET, Weight.BLOCKING, "")


AWAY = Unseen(reason="portal-db (recovery): nobody answers at 10.2.1.47 port 22")
RPO = city().service("portal").rpo


@pytest.mark.parametrize(
    ("here", "there", "problem"),
    [
        pytest.param(
            replace(STANDBY, standby=False), PRIMARY, "both sites take writes", id="two primaries, each with its own"
        ),
        pytest.param(STANDBY, replace(PRIMARY, standby=True), "neither site takes writes", id="two standbys"),
        pytest.param(
            replace(STANDBY, system="42"), PRIMARY, "two databases that never were one", id="one that was made anew"
        ),
        pytest.param(
            replace(STANDBY, timeline=1), PRIMARY, "recovery is on timeline 1, datacentre on 2", id="another timeline"
        ),
        pytest.param(
            replace(STANDBY, streams=False, lag=None), PRIMARY, "recovery does not stream from datacentre", id="a cut"
        ),
        pytest.param(
            replace(STANDBY, lag=RPO + timedelta(seconds=1)), PRIMARY, "were promised (RPO)", id="further behind"
        ),
        pytest.param(
            replace(PRIMARY), replace(STANDBY, streams=False), "datacentre does not stream from recovery", id="turned"
        ),
    ],
)
def test_a_pair_that_is_none_blocks(here: SeenDatabase, there: SeenDatabase, problem: str) -> None:
    answer, weight, said = told(answering(here, there), "replication of database portal")
    assert (answer, weight) == (Answer.UNMET, Weight.BLOCKING) and problem in said
    assert assessed(answering(here, there)).verdict is Preparedness.NOT_READY


@pytest.mark.parametrize("streams", [True, False])
def test_log_that_the_leader_removed_before_the_follower_had_it_blocks_and_says_how_to_copy_anew(
    *, streams: bool
) -> None:
    sites = answering(replace(STANDBY, streams=streams), replace(PRIMARY, slot_state="lost"))
    answer, weight, problem = told(sites, "replication of database portal")
    assert (answer, weight) == (Answer.UNMET, Weight.BLOCKING)
    assert problem == "datacentre has removed log that recovery needs: it can never follow again by itself"
    (remedy,) = [one.remedy for one in databases.CHECK.findings(sites) if one.problem == problem]
    assert "on the host portal-db of recovery, `systemctl restart postgresql@15-main`" in remedy


def test_log_that_the_leader_removes_next_is_a_warning() -> None:
    sites = answering(there=replace(PRIMARY, slot_state="unreserved"))
    answer, weight, problem = told(sites, "replication of database portal")
    assert (answer, weight) == (Answer.UNMET, Weight.WARNING) and "still needs" in problem
    assert told(answering(there=replace(PRIMARY, slot_state="extended")), "replication of database portal") == (
        Answer.MET,
        Weight.BLOCKING,
        "",
    )


def test_as_far_behind_as_promised_is_close_enough() -> None:
    assert told(answering(replace(STANDBY, lag=RPO)), "replication of database portal")[0] is Answer.MET


def test_how_far_behind_nobody_knows_is_not_close() -> None:
    found = told(answering(replace(STANDBY, lag=None)), "replication of database portal")
    assert found == (Answer.UNKNOWN, Weight.BLOCKING, "how far recovery is behind is not known")


def test_a_host_that_does_not_answer_is_unknown_with_the_reason() -> None:
    readiness = assessed(answering(here=AWAY))
    problem = f"what it is at recovery is not known: {AWAY.reason}"
    assert gap_of(readiness, "database portal") == (Answer.UNKNOWN, Weight.BLOCKING, problem)
    assert gap_of(readiness, "replication of database portal")[0] is Answer.UNKNOWN
    assert readiness.verdict is Preparedness.UNKNOWN


def test_without_the_data_centre_its_standby_still_serves() -> None:
    cut = replace(STANDBY, streams=False, lag=None)
    readiness = assessed(answering(cut, AWAY))
    assert alone(readiness)["portal"] is Alone.SERVES
    assert gap_of(readiness, "replication of database portal")[0] is Answer.UNKNOWN


def test_nobody_was_asked_and_nobody_knows() -> None:
    sites = replace(twins(), databases=())
    assert "nobody asked its host" in told(sites, "database portal")[2]
    assert told(sites, "backups of database portal")[0] is Answer.UNKNOWN


def test_sites_that_are_turned_are_asked_in_their_places() -> None:
    turned = answering(here=replace(STANDBY, streams=False)).turned
    assert told(turned, "replication of database portal")[2] == "recovery does not stream from datacentre"


EVERY = timedelta(hours=1)
"""How often portal declares a backup."""


def aged(**ages: timedelta) -> Callable[[SeenDatabase], SeenDatabase]:
    return lambda seen: replace(seen, **{field: NOW - age for field, age in ages.items()})  # type: ignore[arg-type]  # moments


@pytest.mark.parametrize(
    ("changed", "answer", "problem"),
    [
        (aged(backup_at=EVERY), Answer.MET, ""),
        (aged(backup_at=EVERY + timedelta(seconds=1)), Answer.UNMET, "the newest copy is 1:00:01 old"),
        (aged(backup_at=-EVERY), Answer.UNMET, "which is to come"),
        (lambda seen: replace(seen, backup_at=None), Answer.UNKNOWN, "no good base backup"),
        (lambda seen: replace(seen, archive_failing=True), Answer.UNMET, "gets no log"),
        (lambda seen: replace(seen, archive_failing=True, backup_at=None), Answer.UNMET, "gets no log"),
    ],
)
def test_a_backup_is_as_young_as_declared(
    changed: Callable[[SeenDatabase], SeenDatabase], answer: Answer, problem: str
) -> None:
    found = told(answering(changed(STANDBY), changed(PRIMARY)), "backups of database portal")
    assert (found[0], found[1]) == (answer, Weight.WARNING) and problem in found[2]
    assert bool(found[2]) is bool(problem)


@pytest.mark.parametrize("standby", [STANDBY, replace(STANDBY, standby=False)])
def test_whoever_keeps_the_copies_says_that_the_log_does_not_come_whether_it_follows_or_leads(
    standby: SeenDatabase,
) -> None:
    keeps = replace(standby, archive_failing=True)
    assert told(answering(keeps), "backups of database portal")[:2] == (Answer.UNMET, Weight.WARNING)


def test_either_host_can_tell_of_the_repository() -> None:
    nothing = replace(STANDBY, backup_at=None, restored_at=None)
    assert told(answering(nothing, PRIMARY), "backups of database portal")[0] is Answer.MET
    assert told(answering(STANDBY, AWAY), "backups of database portal")[0] is Answer.MET
    both = told(answering(AWAY, AWAY), "backups of database portal")
    assert both[0] is Answer.UNKNOWN and AWAY.reason in both[2]


@pytest.mark.parametrize(
    ("changes", "answer", "problem"),
    [
        ({}, Answer.MET, ""),
        ({"restored_at": None}, Answer.UNKNOWN, "no test of a restore came to its end"),
        ({"restored_well": None}, Answer.UNKNOWN, "nobody saw what came of the test"),
        ({"restored_well": False, "restore_problem": "marks: 4 rows of 5"}, Answer.UNMET, "failed: marks: 4 rows of 5"),
        ({"restored_well": False}, Answer.UNMET, "its host does not say why"),
        ({"restored_at": NOW - timedelta(hours=27)}, Answer.UNMET, "one is made each night"),
    ],
)
def test_a_backup_that_nobody_restored_last_night_is_a_hope(
    changes: dict[str, object], answer: Answer, problem: str
) -> None:
    untested = replace(PRIMARY, restored_at=None)
    found = told(answering(replace(STANDBY, **changes), untested), "restore of database portal")  # type: ignore[arg-type]  # a table
    assert found[0] is answer and problem in found[2]


def test_the_newest_test_counts_whoever_made_it() -> None:
    older = replace(PRIMARY, restored_at=NOW - timedelta(hours=30), restored_well=False, restore_problem="torn")
    assert told(answering(STANDBY, older), "restore of database portal")[0] is Answer.MET
    newer = replace(older, restored_at=NOW - timedelta(minutes=1))
    assert told(answering(STANDBY, newer), "restore of database portal")[0] is Answer.UNMET


def test_every_database_of_the_city_is_asked_for() -> None:
    declared = {one.id for one in example.city().services if one.database and one.workload}
    assert {one.service for one in twins().databases} == declared
    assert {one.site for one in twins().databases} == {
        example.city().site_of(role).id for role in (DATACENTRE, RECOVERY)
    }
    assert all(isinstance(one, AskedDatabase) for one in twins().databases)
