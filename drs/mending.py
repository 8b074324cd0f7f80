"""What brings back a thing that its API calls troubled: the command for it, of the OpenStack client.

A plan compares what is declared; a server that is stopped is still the declared server, so a plan leaves it stopped.
Source: python-openstackclient 9, `server`, `volume` and `loadbalancer`; Nova API guide, "Server concepts".
"""

_SERVER = {
    "ERROR": "reboot --hard",  # Nova takes it in this state, and it keeps the root disk, which a rebuild wipes
    "PAUSED": "unpause",
    "RESCUE": "unrescue",
    "SHELVED": "unshelve",
    "SHELVED_OFFLOADED": "unshelve",
    "SHUTOFF": "start",
    "SOFT_DELETED": "restore",
    "SUSPENDED": "resume",
    "UNKNOWN": "reboot --hard",
    "VERIFY_RESIZE": "resize revert",
}


def server(cloud: str, name: str, trouble: str) -> str:
    """What a person does with a server in this state."""
    command = _SERVER.get(trouble)
    if command is None:
        return f"{name} is in {trouble}: wait until that ends; if it does not: {_client(cloud, f'server show {name}')}"
    return _client(cloud, f"server {command} {name}")


def fenced(cloud: str, name: str) -> str:
    """For one that is off and cut off: a drill leaves so what it fenced, and started by hand it could lead again."""
    by_hand = f"{_client(cloud, f'port set --enable {name}')}, {_client(cloud, f'server start {name}')}"
    return (
        f"{name} is off and cut off, as a drill fences it: bring it back by a failback. If no drill did that: {by_hand}"
    )


def volume(cloud: str, name: str, trouble: str, *, attached: bool) -> str:
    """One that a server has is in use, whatever it is called: as `available` Cinder would let it be deleted."""
    if trouble.startswith("error"):
        look = _client(cloud, f"volume show {name}")
        state = "in-use" if attached else "available"
        return f"{look}; if its data is whole: {_client(cloud, f'volume set --state {state} {name}')}"
    return f"{name} is in {trouble}: wait until that ends; if it does not: {_client(cloud, f'volume show {name}')}"


def balancer(cloud: str, name: str, trouble: str) -> str:
    if trouble.startswith("PENDING"):
        return f"{name} is in {trouble}: wait until that ends."
    if trouble == "off":
        return _client(cloud, f"loadbalancer set --enable {name}")
    return _client(cloud, f"loadbalancer failover {name}")


def port(cloud: str, name: str, groups: frozenset[str], *, guarded: bool) -> str:
    """Puts exactly these groups in force. A plan does not: the provider never reads which groups a port has."""
    wanted = "".join(f" --security-group {group}" for group in sorted(groups))
    security = "" if guarded else " --enable-port-security"
    return _client(cloud, f"port set{security} --no-security-group{wanted} {name}")


def switched_on(cloud: str, kind: str, name: str) -> str:
    """For a network, router, port or listener that somebody switched off."""
    return _client(cloud, f"{kind} set --enable {name}")


def _client(cloud: str, command: str) -> str:
    return f"`openstack --os-cloud {cloud} {command}`"
