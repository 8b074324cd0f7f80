"""The moments to which a database can be taken back, told by its copies and the log behind them."""

from datetime import timedelta

from tests.playbooks.database import HOUR, NOW, made_at, segment
from tests.playbooks.files import Program


def test_a_copy_brings_back_every_moment_from_its_end_as_far_as_the_log_goes_without_a_gap(
    modules: Program,
    repository: Program,
) -> None:
    made_at(repository, NOW, 0xFE)
    made_at(repository, NOW + 3 * HOUR, 0x102)
    for number, at in ((0xFE, 1), (0xFF, 2), (0x100, 3), (0x102, 4)):
        segment(repository, number, NOW + at * HOUR)
    segment(repository, 0x103, NOW + 5 * HOUR, ".partial")
    repository.tell(proven={NOW.strftime("%Y%m%dT%H%M%SZ"): "then"})
    late, early = modules["points"].every(repository)
    minute = timedelta(minutes=1)
    assert (early.begins, early.ends) == (NOW + minute, NOW + 3 * HOUR), "segment 101 is missing"
    assert (late.begins, late.ends) == (NOW + 3 * HOUR + minute, NOW + 5 * HOUR)
    assert (early.proven, late.proven, early.log_size, late.log_size) == ("then", None, 9, 6)
    streaming, same = modules["points"].every(repository, NOW + 9 * HOUR)
    assert (streaming.ends, same.ends) == (NOW + 9 * HOUR, early.ends), "what streams now is behind the gap"


def test_a_copy_since_which_nothing_was_written_brings_back_now_while_the_log_streams(
    modules: Program,
    repository: Program,
) -> None:
    made_at(repository, NOW, 6)
    segment(repository, 5, NOW)
    (streaming,) = modules["points"].every(repository, NOW + HOUR)
    (silent,) = modules["points"].every(repository)
    assert (streaming.ends, silent.ends) == (NOW + HOUR, silent.begins)


def test_a_point_is_covered_by_the_copy_with_the_least_log_or_by_none(modules: Program, repository: Program) -> None:
    for at in (0, 2):
        made_at(repository, NOW + at * HOUR, 5 + at)
    for number in range(5, 9):
        segment(repository, number, NOW + (number - 4) * HOUR)
    ranges = modules["points"].every(repository)
    covering = modules["points"].covering
    assert covering(ranges, NOW + 3 * HOUR).base == NOW + 2 * HOUR
    assert covering(ranges, NOW + 2 * HOUR).base == NOW, "the second copy was not whole yet"
    assert covering(ranges, NOW) is None and covering(ranges, NOW + 5 * HOUR) is None


def test_what_was_before_a_point_stays_a_past_of_its_own(modules: Program, repository: Program) -> None:
    made_at(repository, NOW, 5)
    segment(repository, 5, NOW + HOUR)
    past = repository.past(NOW + HOUR)
    repository.close(past)
    repository.make()
    made_at(repository, NOW + 2 * HOUR, 5)
    segment(repository, 5, NOW + 3 * HOUR)
    now, before = modules["points"].every(repository)
    assert (now.repository.folder, before.repository.folder) == (repository.folder, past)
    assert (before.ends, now.begins) == (NOW + HOUR, NOW + 2 * HOUR + timedelta(minutes=1))
    assert modules["points"].covering((now, before), NOW + timedelta(minutes=90)) is None, "it was neither then"
