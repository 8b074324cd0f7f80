"""From when on which data of the city were declared, as the ledger keeps it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def observe(where: Path, declared: str, at: datetime, subject: str = "device:a") -> None:
    with Ledger(where, "example", "poller", declared) as ledger:
        ledger.observe([Observation(subject=subject, at=at, state=State.UP, reach=HOUR)])


def declared(where: Path, at: datetime) -> str | None:
    with Ledger(where, "example") as ledger:
        return ledger.declared_at(at)


def test_each_moment_has_the_data_by_which_was_observed_last(tmp_path: Path) -> None:
    where = tmp_path / "ledger.sqlite"
    for hours, data in ((0, "a"), (1, "a"), (2, "b"), (3, "a")):
        observe(where, data, NOON + hours * HOUR)
    found = [declared(where, NOON + hours * HOUR) for hours in (-0.5, 0, 0.5, 1.5, 2, 2.5, 3, 99)]
    assert found == [None, "a", "a", "a", "b", "b", "a", "a"]


def test_a_reader_declares_nothing(tmp_path: Path) -> None:
    where = tmp_path / "ledger.sqlite"
    observe(where, "a", NOON)
    with Ledger(where, "example", declared="b") as ledger:
        ledger.observe([])
        assert ledger.declared_at(NOON + HOUR) == "a"


def test_after_a_clock_that_was_set_back_what_is_declared_now_holds(tmp_path: Path) -> None:
    where = tmp_path / "ledger.sqlite"
    observe(where, "a", NOON + 5 * HOUR)
    observe(where, "b", NOON)
    assert declared(where, NOON + 6 * HOUR) == "b"


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc")), max_size=8))
def test_the_newest_declaration_before_a_moment_holds(looks: list[tuple[int, str]]) -> None:
    with Ledger("sqlite://", "example") as ledger:
        for hours, data in (ordered := sorted(looks, key=lambda look: look[0])):
            ledger._declared = data
            seen = Observation(subject="device:a", at=NOON + hours * HOUR, state=State.UP, reach=HOUR)
            ledger.observe([seen])
        for hours in range(21):
            before = [data for at, data in ordered if at <= hours]
            assert ledger.declared_at(NOON + hours * HOUR) == (before[-1] if before else None)
