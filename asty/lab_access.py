"""Where the clouds and the devices of a workspace are: those of the lab that stands in for hardware.

The verbs that observe, plan and push ask this module alone how clouds and devices are reached. Real equipment enters
beside it: another inventory, another clouds.yaml and another OBSERVED_IN.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asty import leading
from asty.drill_marks import Marks
from asty.drill_street import Street, roles
from asty.screen import Report
from asty.workspace import Workspace
from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from city.model.places import SiteRole
from city.model.wired import Purpose
from drs.hands.outside import NameServer
from infra.hosts.access import Access, Bounds
from infra.hosts.spots import Near
from infra.project import Project
from infra.settings import Origin
from lab import pulumi_tools
from lab.hosts import credentials, operators
from lab.hosts import process as hosts_process
from lab.names.places import endpoints
from lab.net import names
from lab.net import process as network
from lab.net.backbone import STREET, probe_host, reached_from
from lab.params import CONTROL, LabParams
from lab.real.packages import OURS
from lab.system import as_root
from monitoring.probing.afar import AGENT, Afar
from monitoring.probing.vantage import Here, Vantage
from monitoring.snapshot import ObservedIn

if TYPE_CHECKING:
    from lab.lab import Lab

_SECRETS = {"ASTY_PROBE_PASSWORD": credentials.password, "ASTY_RADIUS_SECRET": credentials.radius}
_SITES = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
"""In the order in which the lab counts its regions."""
OBSERVED_IN = ObservedIn.LAB
"""What the page, the JSON and the figures at the command line say of all that was observed."""


def params(workspace: Workspace, *, hosts: bool | None = None) -> LabParams:
    """Those of the workspace's lab. It has hosts where `hosts` says so; None: where it was made with them."""
    return LabParams(
        name=workspace.name,
        root=workspace.lab_root,
        base_port=workspace.base_port,
        base_address=workspace.base_address,
        seed=workspace.seed,
        hosts=bool(_made_with_hosts(workspace)) if hosts is None else hosts,
    )


def to_have_hosts(workspace: Workspace, wanted: bool | None) -> bool:  # noqa: FBT001 - an option of the command line
    """Whether servers are to run: as somebody wants it, else as the lab was made, else where this machine can."""
    if wanted is not None:
        return wanted
    made = _made_with_hosts(workspace)
    return hosts_process.lacking() is None and network.lacking() is None if made is None else made


def _made_with_hosts(workspace: Workspace) -> bool | None:
    try:
        return LabParams.load(workspace.lab_root).hosts
    except InvalidInput:
        return None  # none was made; of one that cannot be read, whoever changes it is told


def lab(workspace: Workspace, city: City, *, hosts: bool | None = None) -> "Lab":
    from lab.lab import Lab  # noqa: PLC0415 - a second of OpenStack's client that those who read alone need not pay

    return Lab(params(workspace, hosts=hosts), city)


def inventory(workspace: Workspace, city: City) -> Inventory:
    """How each device is reached; its secrets are lent. Raises InvalidInput where the lab was never up."""
    there = lab(workspace, city)
    if not there.params.file.exists():
        raise InvalidInput(
            f"workspace {workspace.name}", "nobody knows how its devices are reached", "Run `asty lab up` first."
        )
    lend_secrets(there.params)
    return there.inventory()


def observable(workspace: Workspace, city: City) -> City:
    """The city as it can be observed here: where nothing runs behind the servers, no probe would ever be answered, and
    the clouds' word on a service is all there is."""
    if params(workspace).hosts:
        return city
    silent = (replace(one, probe=None) if one.workload is not None else one for one in city.services)
    return replace(city, services=tuple(silent))


def unprobed(workspace: Workspace, city: City) -> frozenset[str]:
    """The services whose probe nobody asks here."""
    declared = {one.id for one in city.services if one.probe is not None}
    return frozenset(declared - {one.id for one in observable(workspace, city).services if one.probe is not None})


def vantages(workspace: Workspace, city: City) -> Mapping[str, Vantage]:
    """By the id of a vantage point of the city's data, who stands there.

    Where the lab has hosts, the world outside is its street, and in each site's management network stands a host of the
    city's own. Each asks both sites' resolvers, the data centre's first, as residents do, and trusts the lab's
    authority. Elsewhere nobody stands; without hosts this machine is a part of the world.
    """
    there = params(workspace)
    if not there.hosts:
        return {point.id: Here() for point in city.probing.points if not point.network}
    lend_secrets(there)
    standing = ((point, _place(city, point.network)) for point in city.probing.points)
    return {point.id: _stands(there, place) for point, place in standing if place}


def lend_secrets(there: LabParams) -> None:
    """What the lab's hosts let probes and access points in by, where the city's data look for it, unless somebody says
    another."""
    for name, file in _SECRETS.items():
        if (kept := file(there)).exists():
            os.environ.setdefault(name, kept.read_text(encoding="ascii"))


def _place(city: City, network: str) -> str:
    """Of the lab's network; empty where nobody stands in that network of the city's."""
    if not network:
        return STREET
    found = next(one for one in city.networks if one.id == network)
    role = city.site(found.site).role
    return probe_host(_SITES.index(role)) if found.purpose is Purpose.MANAGEMENT and role in _SITES else ""


def _stands(there: LabParams, place: str) -> Vantage:
    resolvers = (endpoints(there, index)[1] for index in range(len(_SITES)))
    command = (
        *_standing(there, place),
        AGENT[-1],
        *(word for one in resolvers for word in ("--resolver", f"{one.address}:{one.port}")),
        *("--trust", str(there.trust)),
    )
    return Afar(command=command)


def _standing(there: LabParams, place: str) -> tuple[str, ...]:
    """Runs a module of ours in that place of the lab's network."""
    return (*(as_root() or ()), "/usr/sbin/ip", "netns", "exec", names.place(there, place), *OURS)


def spots(workspace: Workspace, city: City, longest_s: float) -> tuple[Near, ...]:
    """Who tries ports from outside the hosts: the street, and where probes are asked from in a site's networks; on a
    machine without a lab of hosts, this machine."""
    there = params(workspace)
    if not there.hosts:
        return (Near(name="this machine", python=OURS, longest_s=longest_s),)
    points = ((point.id, _place(city, point.network)) for point in city.probing.points)
    places = {STREET: STREET, **{f"the probe host of {name}": place for name, place in points if place != STREET}}
    return tuple(
        Near(name=name, python=_standing(there, place), longest_s=longest_s) for name, place in places.items() if place
    )


def street(workspace: Workspace) -> Street:
    """Where residents stand: the lab's street where it has hosts, else this machine."""
    there = params(workspace)
    servers = {
        NameServer(role=role, resolver=bool(resolver)): (str(found.address), found.port)
        for region, role in enumerate(roles())
        for resolver, found in enumerate(endpoints(there, region))
    }
    resolvers = [place for server, place in servers.items() if server.resolver]
    on_it = _standing(there, STREET) if there.hosts else OURS
    return Street(python=on_it, servers=servers, resolvers=resolvers, trust=there.trust)


def marks(workspace: Workspace, city: City) -> Marks:
    """Those that residents write all the time; nobody does where no hosts run whose applications would take them."""
    found = Marks.standing(street(workspace), workspace.home, city)
    return found if params(workspace).hosts else replace(found, services=())


def source(inventory: Inventory) -> str:
    """The local address from which all of these can be asked, empty for any: loopback devices are asked from it."""
    return str(CONTROL) if all(endpoint.address.is_loopback for endpoint in inventory.values()) else ""


def hosts(workspace: Workspace, user: str, identity: Path | None, bounds: Bounds) -> Access:
    """How operators come to the hosts of the clouds: from the machine's own end of the management network's cable."""
    there = params(workspace)
    kept = operators.private(there)
    return Access(
        user=user,
        identity=identity or (kept if kept.exists() else None),
        source=str(reached_from(there)),
        bounds=bounds,
    )


def project(workspace: Workspace, report: Report, *, hosts: bool | None = None) -> Project:
    """Pulumi's folder for this workspace, with tools that fit; they are fetched or built where there are none.

    A cloud with hosts offers the image that they start from, so that nobody brings one.
    """
    tools = pulumi_tools.ensure(report)
    there = params(workspace, hosts=hosts)
    return Project(
        folder=workspace.pulumi,
        city=workspace.city_folder,
        clouds=there.clouds_yaml,
        path_entries=tools.path_entries,
        plugin_home=tools.plugin_home,
        elsewhere=workspace.home / "sites" / "datacentre" / "pulumi",
        settings={**({"images": Origin.EXISTING.value} if there.hosts else {}), **leading.settings(workspace)},
    )
