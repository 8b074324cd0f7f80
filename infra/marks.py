"""The mark that our things carry in a cloud: whose they are, and which.

It goes with the very request that makes a thing. Neutron gives tags in a second one, and a run may be cut off between.
"""

import pulumi


def mark(city: str, kind: str, name: str) -> str:
    """For a description: `asty city=example stack=lab-datacentre urn=Network::datacentre-iot`."""
    return words(city, pulumi.get_stack(), kind, name)


def words(city: str, stack: str, kind: str, name: str) -> str:
    """The same, of any stack."""
    return f"asty city={city} stack={stack} urn={kind}::{name}"
