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

_ROOT = """
from nova.compute import utils
from lab.openstack.drivers.nova_hosts_driver import HostsDriver, volume

root = HostsDriver.default_root_device_name(None, None, None, None)
device = utils.get_next_device_name(None, [root], root)
print(volume({"data": {"volume_id": "v"}}, device)["place"])
"""


def asked(program: str) -> str:
    """What it prints last, in the environment of the clouds."""
    python = environment.provide(print) / "bin" / "python"
    argv = [str(python), "-c", program]
    done = subprocess.run(argv, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    return str(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_first_volume_of_a_guest_is_where_the_roles_look_for_it() -> None:
    """playbooks/roles/database/files/prepare.py names the same folder."""
    assert asked(_ROOT) == "/mnt/vdb"


@pytest.mark.slow
def test_a_guest_is_told_its_addresses_where_a_cloud_with_dhcp_would_let_it_ask() -> None:
    [with_dhcp], [without] = json.loads(asked(_ASK))
    assert with_dhcp["type"] == "ipv4_dhcp" and "ip_address" not in with_dhcp
    assert (without["type"], without["ip_address"], without["netmask"]) == ("ipv4", "10.1.1.9", "255.255.255.0")
