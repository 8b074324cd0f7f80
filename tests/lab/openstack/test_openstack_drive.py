"""What Nova tells a guest of its networks, asked of Nova itself in the environment of the clouds."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.openstack import environment

_ASK = """
import json
from nova.network import model
from nova.virt import netutils
from lab.openstack.drivers.nova_hosts_driver import without_dhcp

subnet = model.Subnet(
    cidr="10.1.1.0/24", dns=[], gateway=model.IP("10.1.1.1"), ips=[model.FixedIP(address="10.1.1.9")],
    dhcp_server="10.1.1.2",
)
network = model.Network(id="n", subnets=[subnet])
told = model.NetworkInfo([model.VIF(id="v", address="02:00:00:00:00:01", network=network)])
static = without_dhcp(told)
print(json.dumps([netutils.get_network_metadata(one)["networks"] for one in (told, static)]))
"""


@pytest.mark.slow
def test_a_guest_is_told_its_addresses_where_a_cloud_with_dhcp_would_let_it_ask() -> None:
    python = environment.provide(print) / "bin" / "python"
    done = subprocess.run(
        [python, "-c", _ASK], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    )
    [with_dhcp], [without] = json.loads(done.stdout.splitlines()[-1])
    assert with_dhcp["type"] == "ipv4_dhcp" and "ip_address" not in with_dhcp
    assert (without["type"], without["ip_address"], without["netmask"]) == ("ipv4", "10.1.1.9", "255.255.255.0")
