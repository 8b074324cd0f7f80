"""Where a workspace's clouds and vantage points are, by how its lab was made."""

from dataclasses import replace
from pathlib import Path

import pytest

from asty import lab_access, workspace
from asty.workspace import Workspace
from city.errors import Refused
from city.located import Node, Place
from city.model.city import City
from lab.hosts import process
from lab.left_out import LeftOut
from lab.net import process as network
from lab.pulumi_tools import PulumiTools
from monitoring.probing.afar import Afar
from monitoring.probing.vantage import Here


@pytest.fixture
def ours(tmp_path: Path) -> Workspace:
    return workspace.find({"XDG_STATE_HOME": str(tmp_path)}, name="test", city="example")


def made(ours: Workspace, *, hosts: bool) -> None:
    lab_access.params(ours, hosts=hosts).claim()


def probed(city: City) -> City:
    """Every service declares the same probe."""
    probe = Node(Place(city.folder / "services.yaml", 1), {})
    return replace(city, services=tuple(replace(one, probe=probe) for one in city.services))


@pytest.mark.parametrize("hosts", [True, False])
def test_a_lab_that_was_made_with_hosts_needs_no_word_of_it_again(ours: Workspace, *, hosts: bool) -> None:
    assert lab_access.params(ours).hosts is False
    made(ours, hosts=hosts)
    assert lab_access.params(ours).hosts is hosts


@pytest.mark.parametrize("hosts", [True, False])
def test_a_lab_goes_on_as_it_was_made_whatever_the_machine_could_have(
    ours: Workspace, monkeypatch: pytest.MonkeyPatch, *, hosts: bool
) -> None:
    monkeypatch.setattr(process, "lacking", lambda: None)
    monkeypatch.setattr(network, "lacking", lambda: None)
    assert lab_access.to_have_hosts(ours, None), "a new lab has what the machine can"
    made(ours, hosts=hosts)
    assert lab_access.to_have_hosts(ours, None) is hosts
    with pytest.raises(Refused, match="other settings"):
        made(ours, hosts=not hosts)


def test_a_machine_that_filters_no_bridges_gets_a_lab_without_hosts(
    ours: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = LeftOut(part="networks", reason="none", remedy="Elsewhere.")
    monkeypatch.setattr(process, "lacking", lambda: None)
    monkeypatch.setattr(network, "lacking", lambda: missing)
    assert not lab_access.to_have_hosts(ours, None)


def test_the_world_outside_is_the_street_of_a_lab_with_hosts(ours: Workspace, example_city: City) -> None:
    assert lab_access.vantages(ours, example_city) == {"here": Here()}
    made(ours, hosts=True)
    found = lab_access.vantages(ours, example_city)
    assert list(found) == ["here"], "nobody stands in the networks of the city's own Wi-Fi"
    there = found["here"]
    assert isinstance(there, Afar)
    words = " ".join(there.command)
    assert "ip netns exec" in words and ".street " in words
    assert words.endswith(f"--trust {ours.lab_root / 'trust.pem'}")


def test_services_behind_servers_where_nothing_runs_are_left_to_the_clouds_word(
    ours: Workspace, example_city: City
) -> None:
    city = probed(example_city)
    seen = lab_access.observable(ours, city)
    assert [one.id for one in seen.services if one.probe is not None] == ["job-platform"], "which stands elsewhere"
    made(ours, hosts=True)
    assert lab_access.observable(ours, city) == city


@pytest.mark.parametrize(("hosts", "settings"), [(True, {"images": "existing"}), (False, {})])
def test_a_cloud_with_hosts_offers_its_own_image(
    ours: Workspace, monkeypatch: pytest.MonkeyPatch, *, hosts: bool, settings: dict[str, str]
) -> None:
    monkeypatch.setattr(
        "lab.pulumi_tools.ensure", lambda _report: PulumiTools(path_entries=(), plugin_home=ours.home, way="")
    )
    project = lab_access.project(ours, print, hosts=hosts)
    assert project.settings == settings
