"""Statuses as Octavia's API reference defines them, from what HAProxy shows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.balancing.balancer import Balancer
from lab.balancing.config import refusals
from lab.balancing.statuses import Seen, Status, rolled_up, statuses
from tests.lab.balancing.balancers import (
    BALANCER,
    LISTENER,
    MONITOR,
    POOL,
    Raw,
    balancer,
    listener,
    member,
    monitor,
    pool,
)

UP, DOWN, DRAIN = Seen("UP", "L4OK"), Seen("DOWN", "L4CON"), Seen("DRAIN", "L4OK")
FALLING, INI, UNWATCHED = Seen("UP 2/3", "L4TOUT"), Seen("UP", "INI"), Seen("no check", "")


def told(raw: Raw, seen: dict[str, Seen]) -> tuple[Status, Status, Status, dict[str, str]]:
    """Of load balancer, listener, pool and each member."""
    one = Balancer.read(raw)
    found = statuses(one, seen, refusals(one))
    return (
        found["loadbalancers"].get(BALANCER),
        found["listeners"].get(LISTENER),
        found["pools"].get(POOL),
        found["members"],
    )


def pair(**more: Any) -> Raw:  # noqa: ANN401 - settings of a member
    watched = pool(member("a"), member("b", **more), monitor=monitor())
    return balancer(listener(), pools=(watched,))


@pytest.mark.parametrize(
    ("raw", "seen", "whole", "members"),
    [
        pytest.param(pair(), {"a": UP, "b": UP}, "ONLINE", {"a": "ONLINE", "b": "ONLINE"}, id="all well"),
        pytest.param(pair(), {"a": UP, "b": DOWN}, "DEGRADED", {"a": "ONLINE", "b": "ERROR"}, id="one down"),
        pytest.param(pair(), {"a": DOWN, "b": DOWN}, "ERROR", {"a": "ERROR", "b": "ERROR"}, id="all down"),
        pytest.param(pair(), {"a": UP, "b": FALLING}, "ONLINE", {"a": "ONLINE", "b": "ONLINE"}, id="not down yet"),
        pytest.param(pair(), {"a": UP, "b": INI}, None, {"a": "ONLINE"}, id="one not asked yet"),
        pytest.param(pair(), {"a": DOWN, "b": INI}, "DEGRADED", {"a": "ERROR"}, id="one down, one not asked yet"),
        pytest.param(pair(), {}, None, {}, id="nothing seen"),
        pytest.param(pair(weight=0), {"a": UP, "b": DRAIN}, "ONLINE", {"a": "ONLINE", "b": "DRAINING"}, id="draining"),
        pytest.param(
            pair(weight=0), {"a": UP, "b": DOWN}, "DEGRADED", {"a": "ONLINE", "b": "ERROR"}, id="drained, down"
        ),
        pytest.param(pair(enabled=False), {"a": UP, "b": UP}, "ONLINE", {"a": "ONLINE", "b": "OFFLINE"}, id="one off"),
        pytest.param(pair(enabled=False), {"a": DOWN}, "ERROR", {"a": "ERROR", "b": "OFFLINE"}, id="one off, one down"),
    ],
)
def test_a_pool_its_listener_and_its_load_balancer_are_what_the_members_make_them(
    raw: Raw, seen: dict[str, Seen], whole: Status, members: dict[str, str]
) -> None:
    assert told(raw, seen) == (whole, whole, whole, members)


def test_a_member_that_nobody_checks_is_not_called_well() -> None:
    raw = balancer(listener(), pools=(pool(member("a"), member("b", weight=0)),))
    seen = {"a": UNWATCHED, "b": UNWATCHED}
    assert told(raw, seen) == ("ONLINE", "ONLINE", "ONLINE", {"a": "NO_MONITOR", "b": "DRAINING"})
    off = balancer(listener(), pools=(pool(member("a"), monitor=monitor(enabled=False)),))
    assert told(off, {"a": UNWATCHED})[3] == {"a": "NO_MONITOR"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(pair() | {"enabled": False}, ("OFFLINE", "OFFLINE", "OFFLINE"), id="load balancer"),
        pytest.param(
            balancer(listener(enabled=False), pools=(pool(member("a")),)),
            ("ONLINE", "OFFLINE", "OFFLINE"),
            id="listener",
        ),
        pytest.param(
            balancer(listener(), pools=(pool(member("a"), enabled=False),)), ("ONLINE", "ONLINE", "OFFLINE"), id="pool"
        ),
        pytest.param(
            balancer(listener(pool=None), pools=(pool(),)), ("ONLINE", "ONLINE", "OFFLINE"), id="no way to it"
        ),
    ],
)
def test_what_is_switched_off_is_offline_and_no_fault(raw: Raw, expected: tuple[str, str, str]) -> None:
    assert told(raw, {"a": UP, "b": UP})[:3] == expected


def test_what_haproxy_cannot_serve_is_an_error_of_its_own() -> None:
    other = listener(id="other", port=53, protocol="SCTP")
    raw = balancer(listener(), other, pools=(pool(member("a"), monitor=monitor()),))
    one = Balancer.read(raw)
    found = statuses(one, {"a": UP}, refusals(one))
    assert found["listeners"] == {LISTENER: "ONLINE", "other": "ERROR"}
    assert found["loadbalancers"] == {BALANCER: "DEGRADED"}
    assert found["healthmonitors"] == {MONITOR: "ONLINE"}


PARTS = st.lists(st.sampled_from(["ONLINE", "OFFLINE", "ERROR", "DEGRADED", "DRAINING", "NO_MONITOR", None]))


@given(PARTS)
def test_a_whole_is_never_better_than_its_parts(parts: list[Status]) -> None:
    whole = rolled_up(parts)
    counted = [part for part in parts if part != "OFFLINE"]
    assert (whole == "ERROR") == (bool(counted) and set(counted) == {"ERROR"})
    if "ERROR" in counted or "DEGRADED" in counted:
        assert whole in {"ERROR", "DEGRADED"}
    elif None in counted:
        assert whole is None
    else:
        assert whole == "ONLINE"
    assert rolled_up(reversed(parts)) == whole
