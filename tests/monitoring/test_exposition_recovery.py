"""Readiness and drills at /metrics: what nobody knows is left out."""

from dataclasses import replace
from datetime import timedelta

from prometheus_client.core import Metric

from monitoring.exposition_recovery import families
from tests.monitoring.judged import DAY, FOUND, NOW


def samples(found: list[Metric], name: str) -> dict[str, float]:
    (family,) = [one for one in found if one.name == name]
    return {",".join(sample.labels.values()): sample.value for sample in family.samples}


def test_each_service_tells_its_gaps_and_its_last_drill() -> None:
    found = list(families(FOUND, NOW))
    assert samples(found, "asty_readiness_ready") == {"portal": 1, "identity": 0}, "unknown is neither"
    assert samples(found, "asty_readiness_blocking_gaps") == {"portal": 0, "identity": 1, "open-data": 0}
    assert samples(found, "asty_readiness_unknown_gaps") == {"portal": 0, "identity": 1, "open-data": 2}
    assert samples(found, "asty_drill_last_timestamp_seconds") == {"portal": (NOW - 3 * DAY).timestamp()}
    assert samples(found, "asty_drill_age_seconds") == {"portal": timedelta(days=3).total_seconds()}
    assert samples(found, "asty_drill_changes") == {"portal": 2}
    assert samples(found, "asty_drill_overdue") == {"portal": 0, "identity": 1}
    assert samples(found, "asty_exercise_overdue") == {"tabletop": 1, "functional": 0}
    assert samples(found, "asty_readiness_timestamp_seconds") == {"": FOUND.as_of.timestamp()}


def test_what_was_measured_stands_beside_what_is_promised() -> None:
    found = list(families(FOUND, NOW))
    assert samples(found, "asty_recovery_outage_seconds") == {"portal": 4.26, "identity": 90}
    assert samples(found, "asty_recovery_rto_seconds") == {"portal": 60, "identity": 60, "open-data": 60}
    assert samples(found, "asty_recovery_lost_records") == {"portal": 0, "identity": 7}
    assert samples(found, "asty_recovery_lost_files_seconds") == {}, "records were counted, or nothing"


def test_files_without_records_are_told_by_the_age_of_their_copy() -> None:
    (portal, *others) = FOUND.services
    lost = replace(portal, figures=replace(portal.figures, lost=None, lost_time=timedelta()))
    found = list(families(replace(FOUND, services=(lost, *others)), NOW))
    assert samples(found, "asty_recovery_lost_files_seconds") == {"portal": 0}
    assert samples(found, "asty_recovery_lost_records") == {"identity": 7}
