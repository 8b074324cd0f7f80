from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ledger.intervals import State
from monitoring.probing.account import Account
from monitoring.probing.debounce import Course, Round, Rule, after

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
TEN = timedelta(seconds=10)
U, G, D, X = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
BADNESS = (U, G, D)
TWO_OF_THREE = Rule(2, 3)


def told(states: list[State], rule: Rule = TWO_OF_THREE) -> list[tuple[int, int, State]]:
    """In which round what was told, and of which round's moment."""
    course, found = Course(), []
    for turn, state in enumerate(states):
        course, rounds = after(course, Round(NOON + turn * TEN, Account(state=state)), rule)
        found += [(turn, int((one.at - NOON) / TEN), one.state) for one in rounds]
    return found


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param([U, U], [(0, 0, U), (1, 1, U)], id="what is well is told at once"),
        pytest.param([U, D, U], [(0, 0, U), (2, 2, U)], id="a single failure is no outage"),
        pytest.param([U, D, D], [(0, 0, U), (2, 1, D), (2, 2, D)], id="two are one, from the first on"),
        pytest.param([U, D, U, D], [(0, 0, U), (2, 2, U), (3, 3, D)], id="two of three are one, after what was told"),
        pytest.param([D, D], [(1, 0, D), (1, 1, D)], id="nothing is down by one look"),
        pytest.param(
            [D, D, U, U], [(1, 0, D), (1, 1, D), (3, 2, U), (3, 3, U)], id="it is up from the first good one on"
        ),
        pytest.param([D, D, D, U, D], [(1, 0, D), (1, 1, D), (2, 2, D), (4, 4, D)], id="one good look ends no outage"),
        pytest.param([U, G, D], [(0, 0, U), (2, 1, G)], id="as bad as two of three say"),
        pytest.param([U, G, D, D], [(0, 0, U), (2, 1, G), (3, 2, D), (3, 3, D)], id="and worse, once two say so"),
        pytest.param([U, X, D], [(0, 0, U), (1, 1, X)], id="nobody could look: told at once, and the rule begins anew"),
        pytest.param([D, X, D], [(1, 1, X)], id="failures before and after nobody looked are not counted together"),
    ],
)
def test_what_is_told_of_rounds_by_two_of_three(states: list[State], expected: list[tuple[int, int, State]]) -> None:
    assert told(states) == expected


rules = st.integers(1, 5).flatmap(lambda rounds: st.builds(Rule, st.integers(1, rounds), st.just(rounds)))


@given(st.lists(st.sampled_from([U, G, D, X]), max_size=30), rules)
def test_a_service_is_told_as_bad_as_enough_of_its_last_rounds_say_and_no_worse(
    states: list[State], rule: Rule
) -> None:
    for turn, _, state in told(states, rule):
        if state in {G, D}:
            window = states[max(0, turn - rule.rounds + 1) : turn + 1]
            assert sum(one in BADNESS[BADNESS.index(state) :] for one in window) >= rule.failures


@given(st.lists(st.sampled_from([U, G, D, X]), max_size=30), rules)
def test_moments_are_told_in_order_and_only_of_rounds_that_were(states: list[State], rule: Rule) -> None:
    moments = [(of, state) for _, of, state in told(states, rule)]
    assert [of for of, _ in moments] == sorted({of for of, _ in moments}), "each moment once"
    assert all(states[of] is not X or state is X for of, state in moments)


@given(st.lists(st.sampled_from([U, G, D, X]), max_size=20), st.sampled_from([U, G, D]), rules)
def test_what_lasts_is_believed(before: list[State], state: State, rule: Rule) -> None:
    states = before + [state] * rule.rounds
    assert told(states, rule)[-1] == (len(states) - 1, len(states) - 1, state)


@given(st.lists(st.sampled_from([U, G, D, X]), max_size=20), rules)
def test_what_contradicts_is_asked_again_soon(states: list[State], rule: Rule) -> None:
    course = Course()
    for turn, state in enumerate(states):
        course, _ = after(course, Round(NOON + turn * TEN, Account(state=state)), rule)
        assert course.is_open == (state is not X and course.believed is not state)
