"""What was promised for a service against what was measured: what nobody knows is never kept and never broken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drs.report.recovered import Recovered
from tests.drs.drill.test_run import measured

PROMISED = Recovered(
    service="portal",
    rto=timedelta(seconds=60),
    rpo=timedelta(seconds=10),
    mtd=timedelta(seconds=90),
    took=timedelta(seconds=50),
    answered_for=(),
)


def found(downtime_s: float | None, lost: int | None = 3, lost_s: float | None = 1) -> Recovered:
    return replace(PROMISED, measured=replace(measured("portal", downtime_s=downtime_s, lost=lost), lost_s=lost_s))


@pytest.mark.parametrize(
    ("one", "in_time", "within_mtd"),
    [
        pytest.param(PROMISED, True, True, id="by its steps"),
        pytest.param(replace(PROMISED, took=timedelta(seconds=61)), False, True, id="steps too late"),
        pytest.param(replace(PROMISED, took=None), None, None, id="not back"),
        pytest.param(replace(PROMISED, answered_for=("x",)), None, None, id="answered for"),
        pytest.param(replace(PROMISED, mtd=None), True, None, id="no MTD"),
        pytest.param(found(60), True, True, id="measured, just in time"),
        pytest.param(found(60.1), False, True, id="measured, late: the steps said 50 s"),
        pytest.param(found(91), False, False, id="measured, later than can be borne"),
        pytest.param(replace(found(60), answered_for=("x",)), True, True, id="measured though answered for"),
        pytest.param(found(None), True, True, id="its outage was not measured"),
    ],
)
def test_the_outage_decides_where_it_was_measured(one: Recovered, *, in_time: bool, within_mtd: bool) -> None:
    assert (one.in_time, one.within_mtd) == (in_time, within_mtd)


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        pytest.param(PROMISED, None, id="not measured"),
        pytest.param(found(1, lost=0, lost_s=None), True, id="nothing lost"),
        pytest.param(found(1, lost_s=10), True, id="just as much as promised"),
        pytest.param(found(1, lost_s=10.1), False, id="more"),
        pytest.param(found(1, lost_s=None), None, id="who knows of how long"),
        pytest.param(found(1, lost=None, lost_s=None), None, id="who knows"),
        pytest.param(found(1, lost=None, lost_s=0.0), True, id="no files"),
        pytest.param(found(1, lost=None, lost_s=10.1), False, id="files of a copy too old"),
    ],
)
def test_a_loss_is_held_against_the_rpo(one: Recovered, *, kept: bool | None) -> None:
    assert one.within_rpo is kept
