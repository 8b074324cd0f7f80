"""Names of the lab's network: the contract between those who stand for devices and those who plug them in."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.net import names
from lab.params import LabParams

PARAMS = LabParams(name="net", root=Path("/srv/net"), base_port=37_000, base_address=IPv4Address("127.88.0.0"))
SERVER = "0f3a9c1e-77aa-4b1c-9d00-123456789abc"


def test_a_device_is_found_by_the_labs_mark_and_its_own_id() -> None:
    assert names.device(PARAMS, SERVER) == "a58-0f3a9c1e77a"
    assert names.device(PARAMS, f"lb-{SERVER}") == "a58-lb0f3a9c1e7"


@given(some_id=st.uuids().map(str))
def test_every_name_fits_into_an_interfaces(some_id: str) -> None:
    found = [make(PARAMS, some_id) for make in (names.device, names.network, names.router)]
    found += [names.place(PARAMS, place) for place in ("street", "operators", "edge-1", "edge-2", "probe-1", "probe-2")]
    assert max(map(len, found)) <= 15 and len(set(found)) == len(found)


@given(one=st.integers(0, 255), other=st.integers(0, 255), some_id=st.uuids())
def test_two_labs_share_a_name_only_where_they_share_addresses(one: int, other: int, some_id: UUID) -> None:
    here, there = (replace(PARAMS, base_address=IPv4Address(f"127.{octet}.0.0")) for octet in (one, other))
    assert (names.device(here, str(some_id)) == names.device(there, str(some_id))) == (one == other)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        pytest.param(names.network(PARAMS, SERVER), True, id="a network's"),
        pytest.param(names.router(PARAMS, SERVER), True, id="a router's"),
        pytest.param(names.place(PARAMS, "street"), True, id="the street"),
        pytest.param(names.device(PARAMS, SERVER), False, id="a device's, which its host made"),
        pytest.param("a59n0f3a9c1e77a", False, id="another lab's"),
        pytest.param("qrouter-1", False, id="somebody else's"),
    ],
)
def test_what_is_ours_to_remove_shows_in_the_name(name: str, ours: bool) -> None:  # noqa: FBT001 - expectation
    assert names.ours(PARAMS, name) is ours
