"""Who waits goes on as soon as it is so, and says what never came."""

import pytest

from tests import waiting
from tests.waiting import until


def test_what_comes_is_waited_for() -> None:
    turns = iter([False, False, True])
    until(lambda: next(turns))
    assert not list(turns)


def test_what_never_comes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.05)
    with pytest.raises(AssertionError, match=r"the lamp did not come true in 0\.05 s"):
        until(lambda: False, "the lamp")


def test_a_promised_time_is_waited_for_and_no_longer() -> None:
    with pytest.raises(AssertionError, match=r"the guest did not come true in 0\.05 s"):
        until(lambda: False, "the guest", patience_s=0.05)
