"""What did not go as planned or as promised, each once, with what has to be done about it."""

import re
from dataclasses import replace

import pytest

from drs.check import Answer
from drs.drill.entry import Begun, Ended, Entry, Overridden, Stopped, TakenOver, Undoing
from drs.report.deviations import Deviation
from drs.report.words import WORDS
from tests.drs.drill.test_run import measured
from tests.drs.report.test_facts import IDENTITY, after, seen, told

BEGUN = (seen("site_ready", 1, Answer.UNMET), Begun(at=after(2), by="maria", task="site_ready", attempt=1))


def kinds(*entries: Entry) -> dict[str, Deviation]:
    return {one.kind: one for one in told(*entries).deviations}


@pytest.mark.parametrize(
    ("entries", "kind", "follow_up", "about"),
    [
        pytest.param(
            (Overridden(at=after(2), by="eleni", task="site_ready", reason="it burns"),),
            "answers",
            "do prove",
            {"by": "eleni", "task": "site_ready", "reason": "it burns"},
            id="answered for",
        ),
        pytest.param(
            (Overridden(at=after(2), by="eleni", task="site_ready", reason="it burns", signature="SSHSIG"),),
            "answers signed",
            "do prove",
            {"by": "eleni", "task": "site_ready", "reason": "it burns"},
            id="answered for with a signature",
        ),
        pytest.param(
            (
                *BEGUN,
                Ended(at=after(3), by="maria", task="site_ready", attempt=1, told="done", failed=False),
                Undoing(at=after(4), by="maria", task="site_ready", reason="the wrong site"),
            ),
            "taken back",
            "",
            {"by": "maria", "task": "site_ready", "reason": "the wrong site"},
            id="taken back",
        ),
        pytest.param(
            (*BEGUN, Ended(at=after(3), by="maria", task="site_ready", attempt=1, told="no quota", failed=True)),
            "failed",
            "do mend",
            {"task": "site_ready", "attempt": "1", "reason": "no quota"},
            id="failed",
        ),
        pytest.param(
            (TakenOver(at=after(2), by="nikos", machine="desk"),),
            "taken over",
            "",
            {"by": "nikos", "machine": "desk"},
            id="taken over",
        ),
        pytest.param(
            (Stopped(at=after(2), by="nikos", reason="false alarm"),),
            "was stopped",
            "",
            {"by": "nikos", "reason": "false alarm"},
            id="stopped",
        ),
        pytest.param(
            (seen("site_ready", 1, Answer.UNKNOWN),),
            "hidden",
            "do look",
            {"task": "site_ready", "reason": "looked at site_ready"},
            id="never seen",
        ),
        pytest.param(
            (seen("site_ready", 1, Answer.UNKNOWN), seen("site_ready", 2)),
            "hidden",
            "",
            {"task": "site_ready", "reason": "looked at site_ready"},
            id="seen later",
        ),
        pytest.param(
            (*BEGUN, seen("site_ready", 7.1)), "slow", "do hurry", {"task": "site_ready", "limit": "300"}, id="slow"
        ),
        pytest.param(
            (*IDENTITY[:3], seen("service_answers:identity", 31)),
            "rto missed",
            "do rto",
            {"service": "identity"},
            id="late",
        ),
        pytest.param(
            (*IDENTITY, replace(measured("identity", acknowledged=None, lost=None), lost_s=301.0)),
            "rpo missed",
            "do rpo",
            {"service": "identity"},
            id="files older than promised",
        ),
        pytest.param(
            (*IDENTITY, replace(measured("identity"), lost_s=301.0)),
            "rpo missed",
            "do rpo",
            {"service": "identity"},
            id="more lost than promised",
        ),
    ],
)
def test_what_happened_is_told_with_what_to_do(
    entries: tuple[Entry, ...], kind: str, follow_up: str, about: dict[str, str]
) -> None:
    found = kinds(*entries)[kind]
    assert (found.follow_up, found.about) == (follow_up, about)
    for key in filter(None, (kind, follow_up)):
        assert set(re.findall(r"\{(\w+)\}", WORDS[key].en)) <= set(about), "its sentence can be said"


def test_what_went_well_is_no_deviation() -> None:
    whole = kinds(*BEGUN, seen("site_ready", 7), *IDENTITY[1:], replace(measured("identity"), lost=0))
    assert set(whole) == {"left", "loss unmeasured"}
    services = [
        one.about["service"] for one in told(*IDENTITY, measured("identity")).deviations if "service" in one.about
    ]
    assert "identity" not in services
    files = replace(measured("identity", acknowledged=None, lost=None), lost_s=0.0)
    assert "identity" not in [one.about.get("service") for one in told(*IDENTITY, files).deviations]
    nobody = replace(files, lost_s=None)
    assert "loss unmeasured" in {
        one.kind for one in told(*IDENTITY, nobody).deviations if one.about.get("service") == "identity"
    }


def test_a_step_that_nobody_could_see_twice_is_told_once() -> None:
    twice = (seen("site_ready", 1, Answer.UNKNOWN), seen("site_ready", 2, Answer.UNKNOWN))
    assert [one.at for one in told(*twice).deviations if one.kind == "hidden"] == [after(1)]
