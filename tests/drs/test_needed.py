"""What bringing all services to the recovery site takes beyond what stands there, counted by hand for the example city.

There stand: one server of portal's two, both of identity, and a port with a volume each of open-data and iot-platform.
"""

from dataclasses import replace

import pytest

from drs.checks.quotas import missing
from drs.observed import known
from tests.drs.twins import RECOVERY, assessed, gap_of, spoilt, twins, whole, without

NEEDED = {
    "cores": (1, 0, 2, 2, 4),
    "ram_mb": (512, 0, 1024, 1024, 4096),
    "servers": (1, 0, 2, 2, 2),
    "server_groups": (0, 0, 1, 1, 1),
    "volumes": (1, 0, 1, 1, 2),
    "volume_gb": (1, 0, 2, 2, 8),
    "ports": (1, 0, 2, 2, 3),
    "floating_ips": (0, 0, 1, 0, 0),
    "security_groups": (0, 0, 0, 0, 1),
    "security_group_rules": (0, 0, 0, 0, 4),
    "load_balancers": (0, 0, 1, 1, 1),
    "server_group_members": (2, 2, 2, 2, 2),
    "gb_of_one_volume": (1, 1, 2, 2, 4),
}
"""For portal, identity, open-data, iot-platform, monitoring."""


@pytest.mark.parametrize("resource", NEEDED)
def test_what_is_missing_by_hand(resource: str) -> None:
    assert tuple(missing(twins())[resource].values()) == NEEDED[resource]


def test_what_stands_in_excess_is_no_credit_for_another_service() -> None:
    doubled = tuple(replace(one, size_gb=100) for one in known(whole(RECOVERY).volumes))
    found = missing(twins(recovery=spoilt(RECOVERY, volumes=doubled)))
    assert tuple(found["volume_gb"].values()) == (0, 0, 0, 0, 8)


@pytest.mark.parametrize(
    ("part", "dropped", "told"),
    [
        pytest.param(
            "volumes", "portal-1-data", "portal-1: its volume portal-1-data: it is not at recovery", id="a volume"
        ),
        pytest.param("ports", "portal-1", "portal-1: its port: it is not at recovery", id="a port"),
        pytest.param("servers", "portal-1", "portal-1: it is not at recovery", id="a server"),
    ],
)
def test_a_server_without_what_it_needs_is_of_no_use(part: str, dropped: str, told: str) -> None:
    _, _, problem = gap_of(assessed(twins(recovery=without(part, dropped))), "servers of portal")
    assert problem == f"0 of 1 stand ready at recovery (warm recovery): {told}"
