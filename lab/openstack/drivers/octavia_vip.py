"""The port of a load balancer's virtual address, opened as the listeners declare.

Octavia makes this port switched off and lets nobody in: its own provider, too, opens it by a security group of the load
balancer's own, which Octavia removes with the port. Ours has one rule per listener and allowed range, and nothing for
a second HAProxy's sake.
"""

from octavia.common import utils

from lab.openstack.drivers.octavia_declared import EVERYBODY, Opening


def open_port(port: str, balancer: str, openings: set[Opening], others: list[str]) -> None:
    """Let in what `openings` say and no more; `others` are groups that the port's owner wants besides."""
    network = utils.get_network_driver().network_proxy
    name = utils.get_vip_security_group_name(balancer)
    group = network.find_security_group(name) or network.create_security_group(name=name)
    found = {
        (
            rule.protocol,
            rule.port_range_min,
            rule.remote_ip_prefix or EVERYBODY[rule.ether_type],
            rule.ether_type,
        ): rule.id
        for rule in network.security_group_rules(security_group_id=group.id, direction="ingress")
    }
    for rule in found.keys() - openings:
        network.delete_security_group_rule(found[rule])
    for protocol, number, cidr, kind in openings - found.keys():
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol=protocol,
            ether_type=kind,
            port_range_min=number,
            port_range_max=number,
            remote_ip_prefix=cidr,
        )
    groups, now = {group.id, *others}, network.get_port(port)
    if set(now.security_group_ids) != groups or not now.is_admin_state_up:
        network.update_port(port, security_groups=sorted(groups), admin_state_up=True)
