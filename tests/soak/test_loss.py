"""What is lost of a real pair of PostgreSQL whose leader crashes, freezes, loses its power or its link to the follower:
sets of tokens are compared, never the highest number."""

import signal
from collections.abc import Callable

import pytest

from drs.outside.measured import loss
from tests.soak.losing import Pair, pair, tokens

pytestmark = pytest.mark.slow
BEFORE, AFTER = 200, 50
"""Records that are acknowledged before the fault, and while the link is cut and the leader serves on."""


def crash(made: Pair) -> None:
    made.signal(signal.SIGKILL)


def freeze(made: Pair) -> None:
    """Then it is fenced: what is frozen may wake up."""
    made.signal(signal.SIGSTOP)
    made.signal(signal.SIGKILL)


def power_cut(made: Pair) -> None:
    made.power_cut()


def cut_link(made: Pair) -> None:
    """The leader serves on, and is fenced at last."""
    made.link.cut()
    if not synchronous(made):
        made.writer.more(AFTER)
    made.signal(signal.SIGKILL)


def synchronous(made: Pair) -> bool:
    return "synchronous_standby_names" in (made.disk / "datacentre" / "postgresql.auto.conf").read_text()


FAULTS = (crash, freeze, power_cut, cut_link)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_where_the_follower_is_waited_for_nothing_that_was_acknowledged_is_lost(fault: Callable[[Pair], None]) -> None:
    with pair(synchronous=True) as made:
        made.writer.more(BEFORE)
        fault(made)
        made.writer.end()
        made.follower.promote(30)
        assert made.writer.acknowledged - tokens(made.follower) == set()
        assert len(made.writer.acknowledged) >= BEFORE


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_never_more_is_lost_than_is_reported(fault: Callable[[Pair], None]) -> None:
    with pair(synchronous=False) as made:
        made.writer.more(BEFORE)
        fault(made)
        made.writer.end()
        made.follower.promote(30)
        kept, acknowledged = tokens(made.follower), made.writer.acknowledged
        reported = loss(made.writer.tries, kept)
        assert len(acknowledged - kept) == reported.records
        assert reported.promised == len(acknowledged) >= BEFORE
        assert kept - acknowledged <= {made.writer.tries[-1].token}, "only what was under way is kept unpromised"
        if fault is cut_link:
            assert reported.records >= AFTER
            assert reported.span.total_seconds() > 0


def test_after_a_power_cut_the_leaders_own_disk_has_all_that_was_acknowledged_and_not_what_was_not_flushed() -> None:
    """And so the cut was one: what nobody flushed is gone."""
    with pair(synchronous=False) as made:
        made.writer.more(BEFORE)
        (made.disk / "unflushed").write_text("nobody called fsync(2)")
        made.power_cut()
        made.writer.end()
        made.power_again()
        assert tokens(made.leader) >= made.writer.acknowledged
        assert not (made.disk / "unflushed").exists()
