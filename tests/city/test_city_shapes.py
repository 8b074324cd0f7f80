"""Outcomes, fingerprints, errors and the clock: the shapes that every room shares."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.clock import FixedClock, SystemClock
from city.errors import AstyError, Defect, ExitCode, Failed, InvalidCity, InvalidInput, NeedsPerson, Refused
from city.fingerprint import canonical, fingerprint
from city.outcome import Outcome, Status, exit_code, tally

OK, CHANGED, FAILED, UNKNOWN, SKIPPED = (Outcome(subject=status, status=status) for status in Status)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        pytest.param([], ExitCode.DONE, id="nothing to do"),
        pytest.param([OK, CHANGED, SKIPPED], ExitCode.DONE, id="all well"),
        pytest.param([OK, FAILED], ExitCode.FAILED, id="one failed"),
        pytest.param([FAILED, UNKNOWN, OK], ExitCode.UNKNOWN, id="unknown outweighs failed"),
    ],
)
def test_a_run_ends_with_its_worst(outcomes: list[Outcome], code: ExitCode) -> None:
    assert exit_code(outcomes) is code


def test_a_tally_has_every_status() -> None:
    assert tally([OK, OK, FAILED]) == {
        Status.OK: 2,
        Status.CHANGED: 0,
        Status.FAILED: 1,
        Status.UNKNOWN: 0,
        Status.SKIPPED: 0,
    }


def test_an_outcome_as_json_has_stable_keys() -> None:
    found = Outcome(subject="ap-0001", status=Status.FAILED, reason="no answer", duration_s=1.23456).as_json()
    assert found == {
        "subject": "ap-0001",
        "status": "failed",
        "reason": "no answer",
        "duration_s": 1.235,
        "evidence": "",
    }


contents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), contents, max_size=6))
def test_order_of_keys_makes_no_other_fingerprint(content: dict[str, object]) -> None:
    assert fingerprint(dict(reversed(content.items()))) == fingerprint(content)


def test_other_contents_make_another_fingerprint() -> None:
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_canonical_text_is_compact_and_keeps_greek() -> None:
    assert canonical({"b": "άστυ", "a": [1, 2]}) == '{"a":[1,2],"b":"άστυ"}'


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param(Failed, 1, id="failed"),
        pytest.param(InvalidInput, 2, id="invalid"),
        pytest.param(Refused, 3, id="refused"),
        pytest.param(NeedsPerson, 4, id="needs a person"),
    ],
)
def test_each_error_says_what_to_do_and_has_its_code(kind: type[AstyError], code: int) -> None:
    error = kind("stack lab", "it is locked", "Wait for the other run.")
    assert str(error) == "stack lab: it is locked. Wait for the other run."
    assert (error.exit_code, error.remedy) == (code, "Wait for the other run.")


def test_defects_are_told_in_the_order_of_files_and_lines() -> None:
    def defect(file: str, line: int) -> Defect:
        return Defect(file=Path(file), line=line, problem="it is wrong", remedy="Mend it.")

    error = InvalidCity([defect("b.csv", 2), defect("b.csv", 1), defect("a.yaml", 9)])
    assert [str(d) for d in error.defects] == [
        "a.yaml:9: it is wrong. Mend it.",
        "b.csv:1: it is wrong. Mend it.",
        "b.csv:2: it is wrong. Mend it.",
    ]
    assert "3 defects" in str(error)


def test_the_systems_clock_knows_its_zone() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_fixed_clock_stands_still_and_needs_a_zone() -> None:
    clock = FixedClock(datetime(2030, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2030, 1, 1))  # noqa: DTZ001 - what is refused
