"""Where the clouds and the devices of a workspace are: those of the lab that stands in for hardware.

The verbs that observe, plan and push ask this module alone how clouds and devices are reached. Real equipment enters
beside it: another inventory, another clouds.yaml and another OBSERVED_IN.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from asty.screen import Report
from asty.workspace import Workspace
from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from infra.hosts.access import Access, Bounds
from infra.project import Project
from lab import pulumi_tools
from lab.hosts import operators
from lab.net.backbone import reached_from
from lab.params import CONTROL, LabParams
from monitoring.probing.vantage import Here, Vantage
from monitoring.snapshot import ObservedIn

if TYPE_CHECKING:
    from lab.lab import Lab

OBSERVED_IN = ObservedIn.LAB
"""What the page, the JSON and the figures at the command line say of all that was observed."""


def params(workspace: Workspace) -> LabParams:
    return LabParams(
        name=workspace.name,
        root=workspace.lab_root,
        base_port=workspace.base_port,
        base_address=workspace.base_address,
        seed=workspace.seed,
    )


def lab(workspace: Workspace, city: City) -> "Lab":
    from lab.lab import Lab  # noqa: PLC0415 - a second of OpenStack's client that those who read alone need not pay

    return Lab(params(workspace), city)


def inventory(workspace: Workspace, city: City) -> Inventory:
    """How each device is reached. Raises InvalidInput where the lab was never up."""
    there = lab(workspace, city)
    if not there.params.file.exists():
        raise InvalidInput(
            f"workspace {workspace.name}", "nobody knows how its devices are reached", "Run `asty lab up` first."
        )
    return there.inventory()


def vantages(city: City) -> Mapping[str, Vantage]:
    """By the id of a vantage point of the city's data, who stands there: this machine is a part of the world."""
    return {point.id: Here() for point in city.probing.points if not point.network}


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


def project(workspace: Workspace, report: Report) -> Project:
    """Pulumi's folder for this workspace, with tools that fit; they are fetched or built where there are none."""
    tools = pulumi_tools.ensure(report)
    return Project(
        folder=workspace.pulumi,
        city=workspace.city_folder,
        clouds=params(workspace).clouds_yaml,
        path_entries=tools.path_entries,
        plugin_home=tools.plugin_home,
        elsewhere=workspace.home / "sites" / "datacentre" / "pulumi",
    )
