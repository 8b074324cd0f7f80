"""What marks say of a drill: for how long nobody was served, and which promises were broken."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from drs.outside.marker import Try
from drs.outside.measured import Downtime, Loss, downtime, loss


def tries(taken: str, takes: float = 0.1) -> list[Try]:
    """One try a second: `y` was taken, `n` was not."""
    return [
        Try(at=n, until=n + takes, token=f"t{n}", taken=one == "y", address="192.0.2.1", reason="")
        for n, one in enumerate(taken)
    ]


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_the_time_down_is_the_longest_between_two_promises_and_at_least_that_between_the_refusals() -> None:
    found = downtime(tries("ynyynnny"))
    assert found == Downtime(at_least=s(2), at_most=s(4))


def test_a_service_that_took_every_write_was_never_down() -> None:
    assert downtime(tries("yyy")) == Downtime(at_least=s(0), at_most=s(0))


def test_nobody_knows_the_end_of_a_time_down_that_has_not_ended_nor_that_of_what_never_was_up() -> None:
    assert downtime(tries("yn")) is None
    assert downtime(tries("nn")) is None
    assert downtime(tries("nnyy")) is None
    assert downtime([]) is None


def test_what_was_down_and_up_again_before_is_of_another_day() -> None:
    made = tries("ynnnnyyny")
    assert downtime(made, since=6) == Downtime(at_least=s(0), at_most=s(2))
    assert downtime(tries("nyyny"), since=2) == Downtime(at_least=s(0), at_most=s(2))


def test_a_loss_is_the_set_of_broken_promises_and_not_a_difference_of_numbers() -> None:
    made = tries("yyyny")
    assert loss(made, {"t0", "t4", "t3"}) == Loss(records=2, promised=4, span=s(1.1))
    assert loss(made, {"t0", "t1", "t2", "t4"}) == Loss(records=0, promised=4, span=s(0))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_what_was_never_promised_is_never_lost_and_what_is_kept_is_not_either(drawn: list[tuple[bool, bool]]) -> None:
    made = tries("".join("y" if taken else "n" for taken, _ in drawn))
    kept = {one.token for one, (_, there) in zip(made, drawn, strict=True) if there}
    found = loss(made, kept)
    assert found.records == sum(taken and not there for taken, there in drawn)
    assert found.promised == sum(taken for taken, _ in drawn)
    down = downtime(made)
    assert down is None or down.at_least <= down.at_most
