"""Whether the services run, as the clouds themselves say it: load balancers and servers, not promises.

Of a service that is asked from outside (monitoring/probing) this is no more than evidence and cause.

A service runs at a site while its load balancer serves and at least one of its servers is ACTIVE there.
It is up while it runs at one site; down when every site could be asked and it runs at none; unknown
when a site where it might run could not be asked, or when it has no workload to look at.

Load balancers carry the service's id as their name, servers as `service` in their metadata. The host of a service's
database has that role there: it keeps the service from being whole, and serves no client by itself.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from keystoneauth1 import exceptions as keystone
from openstack.compute.v2.server import Server
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException, SDKException

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Service
from city.silence import why_silent
from monitoring.ledger.intervals import Observation, State

_TIMEOUT_S = 10
_SITES = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
_SETTLED = frozenset({"ACTIVE", "PENDING_UPDATE"})
"""Octavia's provisioning status; one that is being changed still serves."""
_SERVING = frozenset({"ONLINE", "DEGRADED"})
"""Octavia's operating status; a degraded one has lost members, not all of them."""
_RUNNING = "ACTIVE"
_DATABASE = "database"
"""The role of the host of a database, as its metadata say."""
logging.getLogger("keystoneauth.identity").setLevel(logging.ERROR)  # its warning is the cause that we keep


class CannotAsk(Exception):  # noqa: N818 - said of a site: "cannot ask"
    """A site's APIs do not answer; `str()` says why, fit for the ledger's cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    provisioning: str
    operating: str

    @property
    def serves(self) -> bool:
        return self.provisioning in _SETTLED and self.operating in _SERVING


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """One site at one moment: load balancers by service; by service and name the status of each of its servers, and of
    the hosts of its database."""

    balancers: Mapping[str, Balancer]
    servers: Mapping[str, Mapping[str, str]]
    databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def trouble(self, service: str) -> str:
        """Why the service does not run here; empty where it does."""
        balancer, servers = self.balancers.get(service), self.servers.get(service, {})
        if balancer is None and not servers:
            return "nothing of it is there"
        if balancer is None:
            return "no load balancer"
        if not balancer.serves:
            return f"load balancer {balancer.provisioning}/{balancer.operating}"
        return "" if _RUNNING in servers.values() else f"no server runs ({_named(servers) or 'none there'})"

    def members_out(self, service: str) -> str:
        """Which part of a service that runs here does not; empty where all of it does."""
        balancer, servers = self.balancers.get(service), self.servers.get(service, {})
        everyone = {**servers, **self.databases.get(service, {})}
        if out := {name: status for name, status in everyone.items() if status != _RUNNING}:
            return f"{_named(out)}, of {len(everyone)} servers"
        return "load balancer DEGRADED" if balancer is not None and balancer.operating == "DEGRADED" else ""


def _named(servers: Mapping[str, str]) -> str:
    """Each server with its status, as monitoring/probing/account.py reads them again."""
    return ", ".join(f"{name} {status}" for name, status in sorted(servers.items()))


class Site(Protocol):
    """One site's APIs."""

    def look(self) -> SiteView:
        """Raises CannotAsk."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    state: State
    cause: str = ""
    evidence: str = ""


def judge(service: Service, sites: Mapping[SiteRole, SiteView | str]) -> Verdict:
    """What the sites show of a service; in place of a site that could not be asked stands why."""
    if service.workload is None:
        return Verdict(state=State.UNKNOWN, cause="it has no workload in the cloud to look at")
    troubles = {}
    for role, view in sites.items():
        trouble = view if isinstance(view, str) else view.trouble(service.id)
        if not trouble:
            return Verdict(state=State.UP, evidence=f"runs at the {role}")
        troubles[role] = trouble
    cause = "; ".join(f"{role}: {trouble}" for role, trouble in troubles.items())
    asked = not any(isinstance(view, str) for view in sites.values())
    return Verdict(state=State.DOWN if asked else State.UNKNOWN, cause=cause)


def members_out(service: str, sites: Mapping[SiteRole, SiteView | str]) -> str:
    """What of a service does not run, by what the sites show of those where it runs; empty where all of it does.

    Where it runs at none, and every site could be asked, why.
    """
    views = {role: view for role, view in sites.items() if not isinstance(view, str)}
    running = {role: view.members_out(service) for role, view in views.items() if not view.trouble(service)}
    if not running and len(views) < len(sites):
        return ""
    told = running or {role: view.trouble(service) for role, view in views.items()}
    return ", ".join(f"{role}: {word}" for role, word in told.items() if word)


class CloudProbe:
    """Looks at all services of the city by listing each site once. Sites are asked side by side."""

    def __init__(self, city: City, sites: Mapping[SiteRole, Site]) -> None:
        self._services, self._sites = city.services, sites
        self._out: Mapping[str, str] = {}
        self._until: datetime | None = None

    @classmethod
    def of(cls, city: City, clouds: Path) -> "CloudProbe":
        """With the credentials of `clouds`, a clouds.yaml whose entries are named after the sites' roles."""
        return cls(city, {role: OpenStackSite(clouds, role.value) for role in _SITES})

    def observe(self, at: datetime, reach: timedelta) -> Sequence[Observation]:
        """One observation of each service that no probe asks; a site that cannot be asked is a cause, never an
        exception."""
        with ThreadPoolExecutor(max_workers=len(self._sites)) as pool:
            views = dict(zip(self._sites, pool.map(_view, self._sites.values()), strict=True))
        asked = [service for service in self._services if service.probe is not None and service.workload is not None]
        self._out, self._until = {service.id: members_out(service.id, views) for service in asked}, at + reach
        unasked = (service for service in self._services if service.probe is None)
        return [_observation(service, judge(service, views), at, reach) for service in unasked]

    def members_out(self, service: str, at: datetime) -> str:
        """The newest word on a service that a probe asks; empty where all its members run, or nobody knows."""
        return self._out.get(service, "") if self._until is not None and at < self._until else ""


def _view(site: Site) -> SiteView | str:
    try:
        return site.look()
    except CannotAsk as silence:
        return str(silence)


def _observation(service: Service, found: Verdict, at: datetime, reach: timedelta) -> Observation:
    return Observation(
        subject=f"service:{service.id}",
        at=at,
        state=found.state,
        reach=reach,
        cause=found.cause,
        evidence=found.evidence,
    )


class OpenStackSite:
    """A site through openstacksdk. It signs in at the first look and again when that stopped being good."""

    def __init__(self, clouds: Path, cloud: str) -> None:
        self._clouds, self._cloud = clouds, cloud
        self._connection: Connection | None = None

    def look(self) -> SiteView:
        try:
            return self._look(self._connect())
        except (SDKException, keystone.ClientException, OSError) as error:
            self._close()
            raise CannotAsk(f"cannot be asked: {_reason(error)}") from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # what the SDK makes of nonsense
            self._close()
            raise CannotAsk("cannot be asked: its answers make no sense") from error

    def _connect(self) -> Connection:
        if self._connection is None:
            try:
                config = OpenStackConfig(config_files=[str(self._clouds)], load_envvars=False)
                self._connection = Connection(config=config.get_one(cloud=self._cloud, api_timeout=_TIMEOUT_S))
            except ConfigException as error:
                raise CannotAsk(f"cannot be asked: {self._clouds} has no entry {self._cloud}") from error
        return self._connection

    @staticmethod
    def _look(cloud: Connection) -> SiteView:
        servers = list(cloud.compute.servers())
        return SiteView(
            balancers={
                balancer.name: Balancer(provisioning=balancer.provisioning_status, operating=balancer.operating_status)
                for balancer in cloud.load_balancer.load_balancers()
            },
            servers=_by_service(server for server in servers if not _is_database(server)),
            databases=_by_service(server for server in servers if _is_database(server)),
        )

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _by_service(servers: Iterable[Server]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for server in servers:
        if server.metadata and "service" in server.metadata:
            found.setdefault(server.metadata["service"], {})[server.name] = server.status
    return found


def _is_database(server: Server) -> bool:
    return _DATABASE in (server.metadata or {}).get("roles", "").split(",")


def _reason(error: Exception) -> str:
    """Why a cloud could not be asked, in the same words each time: a cause that changes begins a new interval."""
    if isinstance(error, keystone.Unauthorized):
        return "it refuses the user or the password"
    if silence := why_silent(error, _TIMEOUT_S):
        return silence
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    return f"it answers {status}" if status else type(error).__name__
