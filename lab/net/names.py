"""The names by which everything of a lab's network is found again: the contract of whoever stands for a device.

**Who stands for a device of Neutron makes a network namespace named `device(params, device_id)`** (ip-netns(8): a file
below /run/netns). `lab.net` finds the namespace there, plugs every port of Neutron that has this `device_id` into it
(interface `eth0`, `eth1`, ... in the order in which Neutron made the ports; MAC address, fixed addresses, the route by
the gateway), and unplugs what Neutron no longer has. Whoever made the namespace removes it; the cables go with it.

Every name begins with the lab's mark, so that two labs on one machine never touch each other's. All names fit
into the 15 letters that Linux gives an interface (IFNAMSIZ).
"""

from lab.params import LabParams

ID_LETTERS = 11
"""So many of an id's hexadecimal digits tell it apart: a name has 15 letters, and the mark takes 4 of them."""
DEVICE, NETWORK, ROUTER, PLACE = "-", "n", "r", "."
"""What follows the mark: a device's namespace, and the three kinds that `lab.net` makes and removes itself."""
OWN = (NETWORK, ROUTER, PLACE)
FIRST_TABLE = 97_000
"""The tables from this one on are the labs', one for each mark."""


def mark(params: LabParams) -> str:
    """`a` and the second octet of the lab's addresses: labs that live side by side have different ones."""
    return f"a{int(params.base_address) >> 16 & 0xFF:02x}"


def short(some_id: str) -> str:
    """The first letters of an id of OpenStack, without dashes."""
    return some_id.replace("-", "")[:ID_LETTERS]


def device(params: LabParams, device_id: str) -> str:
    """The namespace of a device: a server of Nova, or a load balancer of Octavia (`lb-...`)."""
    return f"{mark(params)}{DEVICE}{short(device_id)}"


def network(params: LabParams, network_id: str) -> str:
    """The namespace that holds the bridge of a network of Neutron."""
    return f"{mark(params)}{NETWORK}{short(network_id)}"


def router(params: LabParams, router_id: str) -> str:
    """The namespace that is a router of Neutron."""
    return f"{mark(params)}{ROUTER}{short(router_id)}"


def place(params: LabParams, name: str) -> str:
    """A namespace that Neutron knows nothing of: `street`, `operators`, `edge-1`, `probe-1`."""
    return f"{mark(params)}{PLACE}{name}"


def table(params: LabParams) -> int:
    """The table of the machine's routes that is this lab's own, as its marks are."""
    return FIRST_TABLE + (int(params.base_address) >> 16 & 0xFF)


def ours(params: LabParams, namespace: str) -> bool:
    """Whether `lab.net` made this namespace, and so is the one to remove it."""
    return namespace.startswith(tuple(mark(params) + kind for kind in OWN))
