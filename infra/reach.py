"""Whether a site's cloud answers at all, asked before a run rather than found out in the middle of it."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from keystoneauth1 import exceptions as keystone
from keystoneauth1.session import Session
from openstack.config import OpenStackConfig
from openstack.config.cloud_region import CloudRegion
from openstack.connection import Connection

from city.errors import Failed, InvalidInput
from city.silence import why_silent
from infra.stacks import Program, Stack

TIMEOUT_S = 5
"""Per request. A service is asked at most three, all services at once after identity: 20 s at the most."""
CALL_S = 60
"""Per request of our own in the middle of a run, when a cloud may have much to do."""
_RETRIES = 2

_PLACE = re.compile(r"connection to (\S+?):? ")
logging.getLogger("keystoneauth.identity").setLevel(logging.ERROR)  # it warns of what we are about to say ourselves
_SITE = ("image", "compute", "network", "dns")
_WORKLOADS = ("compute", "network", "block-storage", "load-balancer", "dns")
NEEDED = {Program.SITE: _SITE, Program.WORKLOADS: _WORKLOADS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A service that cannot be used now, with why."""

    region: str
    service: str
    problem: str

    def __str__(self) -> str:
        return f"{self.service} of {self.region}: {self.problem}"


class Unreachable(Failed):
    """A cloud that cannot be used now; what other clouds carry is not touched by that."""


def require(stack: Stack, clouds: Path) -> None:
    """Raises Unreachable naming every service that the stack needs and that is silent, InvalidInput for no entry."""
    silent = silences(stack, clouds)
    if silent:
        raise Unreachable(
            f"region {stack.region} (cloud {stack.cloud})",
            "; ".join(map(str, silent)),
            f"Look at these services, or at the entry {stack.cloud} of {clouds}; other sites go on.",
        )


def silences(stack: Stack, clouds: Path) -> tuple[Silence, ...]:
    """Which of the services that the stack needs do not answer; first of all its identity service."""
    region = _region(stack, clouds)
    session = region.get_session()
    session.timeout = TIMEOUT_S
    problem = _problem(session.get_token)
    if problem:
        return (Silence(region=stack.region, service="identity", problem=problem),)
    return _ask(stack.region, session, region, NEEDED[stack.program])


def connection(stack: Stack, clouds: Path) -> Connection:
    """The cloud of a stack, for questions of our own: each ends within `CALL_S`, and a 503 is asked again.

    Raises InvalidInput where it has no entry.
    """
    return Connection(config=_region(stack, clouds, api_timeout=CALL_S, status_code_retries=_RETRIES))


@contextmanager
def in_passing(stack: Stack, clouds: Path) -> Iterator[Callable[[], Connection]]:
    """Opens the cloud of a stack as `connection` does. What it opened is closed at the end: the library keeps a line to
    each service for as long as it likes, and some services hold a thread for each."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(connection(stack, clouds))


def _region(stack: Stack, clouds: Path, **settings: Any) -> CloudRegion:  # noqa: ANN401 - openstacksdk's own: any key of clouds.yaml
    try:
        config = OpenStackConfig(config_files=[str(clouds)], load_envvars=False)
        return config.get_one(cloud=stack.cloud, **settings)
    except Exception as error:
        raise InvalidInput(f"cloud {stack.cloud}", str(error), f"Add it to {clouds}.") from error


def _ask(name: str, session: Session, region: CloudRegion, services: Sequence[str]) -> tuple[Silence, ...]:
    with ThreadPoolExecutor(max_workers=len(services)) as pool:
        problems = pool.map(lambda service: _problem(lambda: _visit(session, region, service)), services)
        found = zip(services, problems, strict=True)
        return tuple(Silence(region=name, service=service, problem=problem) for service, problem in found if problem)


def _visit(session: Session, region: CloudRegion, service: str) -> None:
    """One request to the service's own address in the catalogue. Raises ClientException where it is not served."""
    endpoint = region.get_session_endpoint(service)
    if not endpoint:
        raise keystone.ClientException(f"the catalogue of {region.region_name} does not have it")
    answer = session.get(endpoint, raise_exc=False, connect_retries=0)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise keystone.ClientException(f"{endpoint} answers {answer.status_code}")


def _problem(request: Callable[[], object]) -> str:
    """Why a request failed, for a person; empty where it did not."""
    begun = time.monotonic()
    try:
        request()
    except keystone.Unauthorized:
        return "it refuses the user or the password"
    except keystone.ClientException as error:
        place = _PLACE.search(str(error))
        said = why_silent(error, time.monotonic() - begun) or str(error).strip().rstrip(".")
        return said.replace("its address", place.group(1)) if place else said
    return ""
