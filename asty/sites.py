"""Where the clouds and the devices of a workspace are: the one place that knows it is a lab.

Real equipment enters here: another inventory and another clouds.yaml, and nothing above changes.
"""

from asty.screen import Report
from asty.workspace import Workspace
from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from infra.project import Project
from lab import pulumi_tools
from lab.lab import Lab
from lab.params import CONTROL, LabParams


def params(workspace: Workspace) -> LabParams:
    return LabParams(
        name=workspace.name,
        root=workspace.lab_root,
        base_port=workspace.base_port,
        base_address=workspace.base_address,
        seed=workspace.seed,
    )


def lab(workspace: Workspace, city: City) -> Lab:
    return Lab(params(workspace), city)


def inventory(workspace: Workspace, city: City) -> Inventory:
    """How each device is reached. Raises InvalidInput where the lab was never up."""
    there = lab(workspace, city)
    if not there.params.file.exists():
        raise InvalidInput(
            f"workspace {workspace.name}", "nobody knows how its devices are reached", "Run `asty lab up` first."
        )
    return there.inventory()


def source(inventory: Inventory) -> str:
    """The local address from which all of these can be asked, empty for any: loopback devices are asked from it."""
    return str(CONTROL) if all(endpoint.address.is_loopback for endpoint in inventory.values()) else ""


def project(workspace: Workspace, report: Report) -> Project:
    """Pulumi's folder for this workspace, with tools that fit; they are fetched or built where there are none."""
    tools = pulumi_tools.ensure(report)
    return Project(
        folder=workspace.pulumi,
        city=workspace.city_folder,
        clouds=params(workspace).clouds_yaml,
        path_entries=tools.path_entries,
        plugin_home=tools.plugin_home,
    )
