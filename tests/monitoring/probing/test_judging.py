from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.places import Text
from monitoring.ledger.intervals import State
from monitoring.probing.account import Reason, reasons
from monitoring.probing.failure import Failure
from monitoring.probing.judging import deaf, judge
from monitoring.probing.probe import Found

GOOD = Found(failure=None, seconds=0.1, heard=True, detail="HTTP 200")
SLOW = replace(GOOD, seconds=1.5)
LATE = Found(failure=Failure.NO_CONNECTION, seconds=3, heard=False)
REFUSED = Found(failure=Failure.REFUSED, seconds=0.01, heard=True)
BLIND = Found(failure=Failure.NOT_ASKED, seconds=0, heard=False, detail="nobody stands there")
POINTS = ("street", "datacentre", "recovery")


@pytest.mark.parametrize(
    ("looks", "state", "cause"),
    [
        ([GOOD], State.UP, ""),
        ([GOOD, GOOD], State.UP, ""),
        ([GOOD, SLOW], State.DEGRADED, "slow from datacentre"),
        ([LATE, GOOD], State.DEGRADED, "no connection in time from street"),
        ([LATE, REFUSED], State.DOWN, "no connection in time from street; it refuses connections from datacentre"),
        ([LATE, LATE], State.DOWN, "no connection in time from street, datacentre"),
        ([LATE, REFUSED, LATE], State.DOWN,
         "no connection in time from street, recovery; it refuses connections from datacentre"),
        ([LATE, GOOD, GOOD], State.DEGRADED, "no connection in time from street"),
        ([LATE, LATE, GOOD], State.DOWN, "no connection in time from street, datacentre"),
        ([LATE], State.DOWN, "no connection in time from street"),
        ([BLIND, LATE], State.DOWN, "no connection in time from datacentre; it could not be asked from street"),
        ([BLIND, GOOD], State.UP, "it could not be asked from street"),
        ([BLIND, BLIND], State.UNKNOWN, "it could not be asked from street, datacentre"),
    ],
)  # fmt: skip
def test_a_quorum_of_those_who_could_look_decides(looks: list[Found], state: State, cause: str) -> None:
    found = judge(dict(zip(POINTS, looks, strict=False)), 1.0)
    assert (found.state, found.cause) == (state, cause)


def test_a_suspected_point_does_not_count() -> None:
    looks = {"street": LATE, "datacentre": GOOD}
    assert judge(looks, 1.0, {"street"}).state is State.UP
    assert judge(looks, 1.0, {"street", "datacentre"}).state is State.UNKNOWN


def test_members_that_do_not_serve_degrade_a_service_that_answers_and_are_told_of_one_that_does_not() -> None:
    word = "datacentre: portal-1 SHUTOFF, of 2 servers"
    found = judge({"street": GOOD}, 1.0, members_out=word)
    assert (found.state, found.cause) == (State.DEGRADED, f"members out ({word})")
    assert [reason.members for reason in reasons(found.cause)] == [("portal-1 (SHUTOFF)",)]
    assert judge({"street": LATE}, 1.0, members_out=word).state is State.DOWN


def test_evidence_is_what_each_point_saw() -> None:
    found = judge({"street": REFUSED, "datacentre": GOOD}, 1.0)
    assert found.evidence == "street: it refuses connections, 0.010 s; datacentre: HTTP 200, 0.100 s"


@pytest.mark.parametrize(
    ("looks", "is_deaf"),
    [
        ([LATE, LATE, LATE], True),
        ([LATE, LATE], False),
        ([LATE, LATE, REFUSED], False),
        ([LATE, LATE, BLIND], False),
        ([BLIND, BLIND, BLIND], False),
        ([], False),
    ],
)
def test_a_point_that_heard_nobody_at_all_is_suspected_itself(looks: list[Found], *, is_deaf: bool) -> None:
    assert deaf({"street": looks, "datacentre": [GOOD]}) == (frozenset({"street"}) if is_deaf else frozenset())


found = st.builds(
    Found,
    failure=st.none() | st.sampled_from(Failure),
    seconds=st.floats(0, 5),
    heard=st.booleans(),
)


@given(st.dictionaries(st.sampled_from(POINTS), found, max_size=3), st.sampled_from(["", "recovery: SHUTOFF"]))
def test_a_cause_is_read_back_as_it_was_written(looks: dict[str, Found], members: str) -> None:
    account = judge(looks, 1.0, members_out=members)
    assert reasons(account.cause) == account.reasons
    assert (account.state in {State.UP, State.UNKNOWN}) == all(r.what == Failure.NOT_ASKED for r in account.reasons)
    assert all(reason.text.el and reason.text.en == reason.what for reason in account.reasons)


@given(st.dictionaries(st.sampled_from(POINTS), found, max_size=3), st.sampled_from(POINTS), found)
def test_a_failure_more_never_makes_it_better(looks: dict[str, Found], point: str, other: Found) -> None:
    badness = [State.UNKNOWN, State.UP, State.DEGRADED, State.DOWN]
    better = judge({**looks, point: replace(other, failure=None)}, 1.0).state
    worse = judge({**looks, point: replace(other, failure=Failure.REFUSED)}, 1.0).state
    assert badness.index(worse) >= badness.index(better)


def test_another_observers_cause_has_no_reasons_of_ours() -> None:
    assert reasons("datacentre: load balancer ERROR/ONLINE") == ()
    assert reasons("slow from street")[0] == Reason("slow", ("street",))
    assert Reason("slow").text == Text(el="αργεί", en="slow")
