"""What failed for a moment is tried once more, and who waits is told so."""

from unittest.mock import patch

import pytest

from city.errors import Failed
from city.outcome import Outcome, Status
from infra.answers import momentary, unanswered
from infra.patience import LOST, again, all_momentary, joined, still_waiting


def outcome(status: Status, reason: str = "", subject: str = "Port portal-1") -> Outcome:
    return Outcome(subject=subject, status=status, reason=reason)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Expected HTTP response code [200] but got 503 instead", True),
        ("dial tcp 10.0.0.1:9696: connect: connection reset by peer", True),
        ("Post https://cloud: EOF", True),
        ("net/http: request timed out", True),
        ("Quota exceeded for instances: Requested 1, but already used 5 of 5", False),
        ("a port range of 1503", False),
    ],
)
def test_what_may_go_well_the_next_time(words: str, *, expected: bool) -> None:
    assert momentary(words) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Expected HTTP response code [202] but got 504 instead: gateway timeout", True),
        ("Expected HTTP response code [201] but got 500 instead", True),
        ("Expected HTTP response code [201] but got 409 instead: conflict", False),
        ("Quota exceeded for resources: ['port']", False),
    ],
)
def test_what_may_have_been_done_all_the_same(words: str, *, expected: bool) -> None:
    assert unanswered(words) is expected


def test_looking_again_is_told_and_happens_once() -> None:
    told: list[str] = []
    answers = iter(["502 bad gateway", "504 gateway timeout"])

    def work() -> None:
        raise Failed("stack lab", next(answers), "Look.")

    with pytest.raises(Failed, match="504"):
        again(work, "lab", told.append)
    assert told == ["lab: the cloud failed for a moment; looking again"]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        pytest.param([outcome(Status.FAILED, "got 503")], True, id="one failed for a moment"),
        pytest.param([outcome(Status.FAILED, "got 503"), outcome(Status.FAILED, "got 403")], False, id="one for good"),
        pytest.param([outcome(Status.FAILED, "got 503"), outcome(Status.UNKNOWN)], False, id="one is unknown"),
        pytest.param([outcome(Status.CHANGED)], False, id="all went well"),
        pytest.param([], False, id="nothing was done"),
    ],
)
def test_a_second_run_is_worth_while(outcomes: list[Outcome], *, expected: bool) -> None:
    assert all_momentary(outcomes) is expected


def test_two_runs_are_told_as_one() -> None:
    first = [outcome(Status.CHANGED, "delete", "Port gone"), outcome(Status.CHANGED, "create"), outcome(Status.FAILED)]
    second = [outcome(Status.OK), outcome(Status.CHANGED, "update", "Volume v"), outcome(Status.OK, "", "Port other")]
    assert [(one.subject, one.status, one.reason) for one in joined(first, second)] == [
        ("Port gone", Status.CHANGED, "delete"),
        ("Port portal-1", Status.CHANGED, "create"),
        ("Volume v", Status.CHANGED, "update"),
        ("Port other", Status.OK, ""),
    ]


def test_what_was_made_without_an_answer_is_worth_a_second_run_and_was_changed() -> None:
    first = [outcome(Status.FAILED, "got 500"), outcome(Status.FAILED, "got 503", "Volume v")]
    assert not all_momentary(first)
    assert all_momentary(first, {"Port portal-1"})
    second = [outcome(Status.OK), outcome(Status.CHANGED, "create", "Volume v")]
    assert [(one.subject, one.status) for one in joined(first, second, {"Port portal-1": LOST})] == [
        ("Port portal-1", Status.CHANGED),
        ("Volume v", Status.CHANGED),
    ]


def test_who_waits_is_told_for_what() -> None:
    told: list[str] = []
    with patch("infra.patience.EVERY_S", 0.01), still_waiting("lab", told.append):
        while len(told) < 2:
            pass
    assert told[0] == "lab: still waiting for the cloud (0 s)"
    count = len(told)
    with still_waiting("lab", told.append):
        pass
    assert len(told) == count, "a run that is quick is not talked about"
