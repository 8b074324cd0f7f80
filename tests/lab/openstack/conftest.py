from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lab.openstack.spec import RegionSpec
from lab.params import LabParams


@pytest.fixture
def spec() -> RegionSpec:
    """The recovery site's region of a lab that was never made."""
    params = LabParams(
        name="lab", root=Path("/srv/lab"), base_port=15_000, base_address=IPv4Address("127.64.0.0"), seed=1
    )
    return RegionSpec(params=params, index=1, name="RegionTwo", cloud="recovery", zones=("az1", "az2"))
