"""Why a cloud did not make something: which quota is full, and what Nova says of a server that it gave up.

A provider's error often has neither. So the cloud is asked once more, after the failure.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import AstyError
from city.outcome import Outcome, Status
from infra.quotas import quotas

_ASKED_FOR = re.compile(r"quota|limit|exceed|'ERROR'|No valid host|\b40[39]\b|\b413\b|over.?quota", re.IGNORECASE)
"""Words of a failure that a quota may be behind. Nova's own check of it leaves a server in ERROR without a word."""
_INSTANCE = re.compile(r"Instance (\S+)$")


def explained(outcomes: Sequence[Outcome], look: Callable[[], Connection]) -> list[Outcome]:
    """The outcomes, each failure with what the cloud says of it; as they were where the cloud says nothing."""
    if not any(_is_asked_for(outcome) for outcome in outcomes):
        return list(outcomes)
    with suppress(AstyError, SDKException, ClientException), look() as cloud:
        full = "; ".join(f"quota of {one.what}: {one.used} of {one.most}" for one in quotas(cloud) if one.full)
        faults = dict(_faults(cloud, outcomes))
        return [_with(outcome, faults.get(_server(outcome), ""), full) for outcome in outcomes]
    return list(outcomes)


def _is_asked_for(outcome: Outcome) -> bool:
    return outcome.status is Status.FAILED and bool(_ASKED_FOR.search(outcome.reason))


def _server(outcome: Outcome) -> str:
    found = _INSTANCE.search(outcome.subject)
    return found.group(1) if found and _is_asked_for(outcome) else ""


def _faults(cloud: Connection, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    wanted = {_server(outcome) for outcome in outcomes} - {""}
    for server in cloud.compute.servers(details=True) if wanted else ():
        if server.name in wanted and isinstance(server.fault, dict):
            yield server.name, str(server.fault.get("message", "")).rstrip(".")


def _with(outcome: Outcome, fault: str, full: str) -> Outcome:
    if not _is_asked_for(outcome):
        return outcome
    told = [outcome.reason, *([f"Nova says: {fault}"] if fault and fault not in outcome.reason else []), full]
    return replace(outcome, reason="; ".join(filter(None, told)))
