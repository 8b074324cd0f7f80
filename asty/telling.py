"""The operators tell the hosts that watch and show the city what the city is: the roles `monitoring` and `dashboard`.

Over SSH, with the keys that the cloud recorded. A host that knows it already is left alone. It is told asty too, so
that what it runs is what its operators run.
"""

import hashlib
import time
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address

from asty import lab_access, lab_from_hosts, service_hosts
from asty.post import PUBLISHED, Post, packed
from asty.screen import Screen
from asty.workspace import Workspace
from city.errors import Failed, NeedsPerson
from city.model.city import City
from city.model.services import Service
from city.model.wired import Purpose
from city.outcome import Outcome, Status
from infra.blocks import block_of
from infra.declared import SHOWS, WATCHES
from infra.hosts.access import Access, Bounds
from infra.hosts.command import left_out, unseen
from infra.hosts.host import Host
from infra.hosts.session import session, words

_TAKE = ("/usr/bin/python3", "/usr/lib/asty/take.py")
_AGAIN_S, _TAKES_S = 5.0, 180.0


def services(city: City) -> tuple[Service, ...]:
    """Those whose hosts are told."""
    return tuple(one for one in city.services if one.workload and {WATCHES, SHOWS} & set(one.workload.roles))


def tell(workspace: Workspace, city: City, screen: Screen, patience_s: float = 0.0) -> list[Outcome]:
    """Each host's outcome; none where no service has such a role.

    `patience_s` is how long is waited for those that cannot be asked yet: a new server has to start.
    """
    teller, until = Teller.of(workspace, city), time.monotonic() + patience_s
    return [one for service in services(city) for one in _each(teller, service, screen, until)]


def _each(teller: "Teller", service: Service, screen: Screen, until: float) -> list[Outcome]:
    while True:
        chosen = service_hosts.choose(teller.workspace, teller.city, service.id, ())
        told = service_hosts.on_each(
            chosen, partial(teller.tell, service), f"telling {service.id}", screen, teller.access.stop
        )
        silent = any(not one.lost for one in chosen.missing) or Status.FAILED in {one.status for one in told.values()}
        if not silent or time.monotonic() > until:
            return [*told.values(), *map(left_out, chosen.missing)]
        time.sleep(_AGAIN_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells one host after another; operators come to it by `access`."""

    workspace: Workspace
    city: City
    access: Access

    @classmethod
    def of(cls, workspace: Workspace, city: City, connect_s: float = 10.0) -> "Teller":
        bounds = Bounds(connect_s=connect_s, run_s=_TAKES_S)
        return cls(workspace=workspace, city=city, access=lab_access.hosts(workspace, "root", None, bounds))

    def tell(self, service: Service, host: Host) -> Outcome:
        begun = time.monotonic()
        try:
            content = packed(post_of(self.workspace, self.city, service, host), self.city.folder)
            digest = hashlib.sha256(content).hexdigest()
            with session(host, self.access) as standing:
                if standing.run(words(_TAKE)).stdout.strip() == digest:
                    return Outcome(subject=str(host), status=Status.OK, evidence=digest[:12])
                ran = standing.run(words([*_TAKE, digest]), content)
        except (Failed, NeedsPerson) as error:
            return unseen(str(host), error, time.monotonic() - begun)
        status = Status.FAILED if ran.exit else Status.CHANGED
        said = (ran.stderr.strip().rpartition("\n")[2] or f"exit {ran.exit}") if ran.exit else ""
        took = time.monotonic() - begun
        return Outcome(subject=str(host), status=status, reason=said, evidence=digest[:12], duration_s=took)

    def knows(self, host: Host) -> str:
        """The digest of what the host was told last, by whomever; empty where nothing. Raises Failed where the host
        cannot be reached or does not say it, NeedsPerson where nobody saw how the question ended."""
        with session(host, self.access) as standing:
            ran = standing.run(words(_TAKE))
        if ran.exit:
            raise Failed(str(host), f"take.py ended with {ran.exit}", "Look at the host.")
        return ran.stdout.strip()


def post_of(workspace: Workspace, city: City, service: Service, host: Host) -> Post:
    """What that host is told. Only who watches is told how devices are reached, and by which secrets."""
    told = Post(name=str(host), observed_in=lab_access.OBSERVED_IN)
    if service.workload is None or WATCHES not in service.workload.roles:
        follow, at = followed(city, host.site)
        return replace(told, follow=follow, at=at)
    seen, secrets = lab_from_hosts.devices(workspace, city)
    secrets = {**secrets, **lab_from_hosts.of_probes(workspace, city)}
    return replace(told, point=point_of(city, host.site), inventory=seen, secrets=secrets)


def followed(city: City, site: str) -> tuple[str, IPv4Address]:
    """The name at which who watches is asked, and the address of its balancer at that site.

    A server of the cloud has no resolver: its networks declare none. Raises Failed where nobody watches.
    """
    here = next(one for one in city.sites if one.id == site)
    for one in services(city):
        if one.workload and WATCHES in one.workload.roles:
            name = f"{one.workload.dns_name}.{city.dns_zone.rstrip('.')}"
            return f"https://{name}:{one.workload.port}{PUBLISHED}", block_of(city, here, one).vip
    raise Failed("the dashboard", f"no service has the role {WATCHES}", "Give one `roles: [monitoring]`.")


def point_of(city: City, site: str) -> str:
    """The vantage point in that site's management network; empty where the city declares none."""
    own = {one.id for one in city.networks if one.site == site and one.purpose is Purpose.MANAGEMENT}
    return next((point.id for point in city.probing.points if point.network in own), "")
