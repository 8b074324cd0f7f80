"""An RTO that no drill can keep is told before anybody relies on it."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from drs.drill.critical import too_slow
from drs.drill.of_city import plan_of
from drs.mode import Mode
from tests.drs.twins import city

PLAN = plan_of(city(), Mode.FAILOVER)


def minutes(**steps: float) -> Mapping[str, timedelta]:
    return {step: timedelta(minutes=length) for step, length in steps.items()}


def test_without_an_earlier_drill_nobody_is_called_late() -> None:
    assert too_slow(city(), PLAN, {}) == ()


@pytest.mark.parametrize(
    ("took", "late"),
    [
        pytest.param(minutes(site_ready=30), [], id="just in time"),
        pytest.param(minutes(site_ready=31), ["identity"], id="what comes before all counts for each"),
        pytest.param(minutes(site_ready=20, service_runs=11), ["identity"], id="one after the other"),
        pytest.param(minutes(service_runs=30.5), ["identity"], id="what is done ahead delays nobody else"),
        pytest.param(minutes(name_answers=30), [], id="a dependency just in time, and who needs it as well"),
        pytest.param(minutes(name_answers=30.5), ["identity", "portal"], id="a dependency delays who needs it"),
    ],
)
def test_who_comes_too_late_is_told(took: Mapping[str, timedelta], late: list[str]) -> None:
    """identity promises 30 minutes; portal promises an hour and needs identity."""
    assert [one.service for one in too_slow(city(), PLAN, took)] == late


def test_it_says_by_which_steps_and_what_would_be_honest() -> None:
    *_, portal = too_slow(city(), PLAN, minutes(name_answers=31))
    assert portal.path == ("name_answers:identity", "name_answers:portal")
    assert portal.takes == timedelta(minutes=62)
    assert "rto 1:00:00 of portal cannot be kept" in portal.problem
    assert "write `rto: 62m` or more" in portal.remedy
    (just,) = [one for one in too_slow(city(), PLAN, minutes(name_answers=31.01)) if one.service == "portal"]
    assert "`rto: 63m`" in just.remedy, "a part of a minute is a whole one"


def test_a_rehearsal_keeps_nobody_waiting() -> None:
    assert too_slow(city(), plan_of(city(), Mode.REHEARSE), minutes(site_ready=999, service_runs=999)) == ()
