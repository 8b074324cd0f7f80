"""The site's own stack is guarded: nothing takes from under live workloads what they stand on."""

import json
from pathlib import Path

import pytest

from city.errors import Refused
from city.model.city import City
from infra.ground import keep_under
from infra.plan import StackPlan, Step
from infra.project import Project
from infra.stacks import Stack, stacks

SERVER = {"urn": "urn:pulumi:s::asty::openstack:compute/instance:Instance::portal-1"}


@pytest.fixture
def site(example_city: City) -> Stack:
    return stacks(example_city)[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, city=tmp_path, clouds=tmp_path, path_entries=(), plugin_home=tmp_path)


def stand(project: Project, *resources: dict[str, str]) -> None:
    path = project.checkpoint("lab-workloads-datacentre")
    path.parent.mkdir(parents=True, exist_ok=True)
    typed = [{**resource, "type": resource["urn"].split("::")[2]} for resource in resources]
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": typed}}}))


def plan(op: str, kind: str) -> StackPlan:
    full = f"openstack:{kind}"
    return StackPlan(stack="lab-datacentre", steps=(Step(urn=f"urn:pulumi:s::asty::{full}::iot", op=op, type=full),))


@pytest.mark.parametrize(
    ("op", "kind", "refused"),
    [
        pytest.param("replace", "networking/subnet:Subnet", True, id="a range that grows is another subnet"),
        pytest.param("replace", "networking/network:Network", True, id="another network"),
        pytest.param("replace", "networking/router:Router", True, id="another router"),
        pytest.param("delete", "networking/router:Router", True, id="no router"),
        pytest.param("replace", "dns/zone:Zone", True, id="another zone"),
        pytest.param("delete", "dns/zone:Zone", True, id="no zone"),
        pytest.param("update", "networking/router:Router", False, id="an update in place"),
        pytest.param("create", "networking/network:Network", False, id="a further network"),
        pytest.param("replace", "compute/flavor:Flavor", False, id="a flavour: servers keep what they have"),
    ],
)
def test_what_live_workloads_stand_on_is_not_taken_away(
    op: str, kind: str, site: Stack, project: Project, *, refused: bool
) -> None:
    stand(project, SERVER)
    if refused:
        with pytest.raises(Refused, match=f"it would {op} .* iot, and 1 resources of lab-workloads-datacentre stand"):
            keep_under(site, project, plan(op, kind))
    else:
        keep_under(site, project, plan(op, kind))


def test_a_site_on_which_nothing_stands_may_change(site: Stack, project: Project) -> None:
    lost = plan("replace", "networking/subnet:Subnet")
    keep_under(site, project, lost)
    stand(project)
    keep_under(site, project, lost)


def test_a_stack_on_which_none_can_stand_has_nothing_to_keep(example_city: City, project: Project) -> None:
    stand(project, SERVER)
    keep_under(stacks(example_city)[2], project, plan("delete", "dns/zone:Zone"))
