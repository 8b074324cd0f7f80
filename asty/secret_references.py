"""The secrets that the probes of services name: can each be read where asty runs?"""

from collections.abc import Iterator

from asty import lab_access
from asty.workspace import Workspace
from city.errors import AstyError
from city.located import Node
from city.model.city import City
from city.secrets import SecretRef, resolve
from drs.compared import AskedSecret


def asked(workspace: Workspace, city: City) -> tuple[AskedSecret, ...]:
    """Each reference once, as the workspace's own probes would read it; what it leads to is forgotten at once."""
    lab_access.lend_secrets(lab_access.params(workspace))
    needed: dict[str, set[str]] = {}
    for service in city.services:
        for reference in _references(service.probe):
            needed.setdefault(reference, set()).add(service.id)
    return tuple(
        AskedSecret(reference=reference, services=frozenset(services), problem=_problem(reference))
        for reference, services in sorted(needed.items())
    )


def _references(value: object) -> Iterator[str]:
    """Every text that says where a secret is kept, however deep in the probe."""
    if isinstance(value, Node):
        yield from _references(value.content)
    elif isinstance(value, dict):
        yield from (found for one in value.values() for found in _references(one))
    elif isinstance(value, list):
        yield from (found for one in value for found in _references(one))
    elif isinstance(value, str) and _is_reference(value):
        yield value


def _is_reference(text: str) -> bool:
    try:
        SecretRef.parse(text)
    except AstyError:
        return False
    return True


def _problem(reference: str) -> str:
    try:
        resolve(SecretRef.parse(reference))
    except AstyError as error:
        return error.problem
    return ""
