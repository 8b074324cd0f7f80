"""Where a region's load balancers stand: their folder, their certificates, the names of their namespaces."""

from lab import cells
from lab.balancing.site import Place
from lab.net import holder, names
from lab.openstack.spec import kept_specs
from lab.params import LabParams

USER = "haproxy"
"""Whom HAProxy becomes once it listens; Debian's package makes this user."""


def places(params: LabParams) -> list[Place]:
    """One per region that was ever made."""
    return [
        Place(
            exchange=spec.balancing,
            certificates=spec.certificates,
            user=USER,
            namespace=lambda device: names.device(params, device),
        )
        for spec in kept_specs(params)
    ]


def prefix(params: LabParams) -> str:
    """How the name of every load balancer's namespace begins: `lb-...` is no hexadecimal id of another device's."""
    return names.device(params, "lb")


def standing(params: LabParams) -> list[str]:
    """The namespaces of this lab's load balancers on this machine; none of them is another lab's of the same mark."""
    return [] if holder.another(params) else cells.beginning(prefix(params))
