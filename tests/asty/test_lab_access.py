"""Where a workspace's clouds and vantage points are, by how its lab was made."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from asty import lab_access, workspace
from asty.workspace import Workspace
from city.errors import Refused
from city.located import Node, Place
from city.model.city import City
from city.model.probing import VantagePoint
from lab.hosts import credentials, process
from lab.left_out import LeftOut
from lab.names.places import endpoints
from lab.net import names
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


def test_without_hosts_this_machine_is_a_part_of_the_world_and_nobody_stands_at_the_sites(
    ours: Workspace, example_city: City
) -> None:
    assert lab_access.vantages(ours, example_city) == {"street": Here()}


def test_in_a_lab_with_hosts_residents_stand_in_the_street_and_a_host_at_each_site(
    ours: Workspace, example_city: City
) -> None:
    made(ours, hosts=True)
    wifi = VantagePoint(id="wifi", name=example_city.name, network="west-free")
    points = (*example_city.probing.points, wifi)
    found = lab_access.vantages(ours, replace(example_city, probing=replace(example_city.probing, points=points)))
    assert list(found) == ["street", "datacentre", "recovery"], "nobody stands in the networks of the city's own Wi-Fi"
    resolvers = [endpoints(lab_access.params(ours), index)[1] for index in (0, 1)]
    asked = " ".join(f"--resolver {one.address}:{one.port}" for one in resolvers)
    for point, place in (("street", "street"), ("datacentre", "probe-1"), ("recovery", "probe-2")):
        there = found[point]
        assert isinstance(there, Afar)
        words = " ".join(there.command)
        assert f"ip netns exec {names.place(lab_access.params(ours), place)} " in words
        assert words.endswith(f"{asked} --trust {ours.lab_root / 'trust.pem'}"), "the data centre's first, as residents"


def test_services_behind_servers_where_nothing_runs_are_left_to_the_clouds_word(
    ours: Workspace, example_city: City
) -> None:
    city = probed(example_city)
    seen = lab_access.observable(ours, city)
    assert [one.id for one in seen.services if one.probe is not None] == ["job-platform"], "which stands elsewhere"
    assert lab_access.unprobed(ours, city) == {one.id for one in city.services} - {"job-platform"}
    made(ours, hosts=True)
    assert lab_access.observable(ours, city) == city
    assert lab_access.unprobed(ours, city) == frozenset()


@pytest.mark.parametrize(("hosts", "settings"), [(True, {"images": "existing"}), (False, {})])
def test_a_cloud_with_hosts_offers_its_own_image(
    ours: Workspace, monkeypatch: pytest.MonkeyPatch, *, hosts: bool, settings: dict[str, str]
) -> None:
    monkeypatch.setattr(
        "lab.pulumi_tools.ensure", lambda _report: PulumiTools(path_entries=(), plugin_home=ours.home, way="")
    )
    project = lab_access.project(ours, print, hosts=hosts)
    assert project.settings == settings


def test_ports_are_tried_from_where_residents_stand_and_from_the_sites_own_probe_hosts(
    ours: Workspace, example_city: City
) -> None:
    assert [one.name for one in lab_access.spots(ours, example_city, 60)] == ["this machine"]
    made(ours, hosts=True)
    found = {one.name: one for one in lab_access.spots(ours, example_city, 60)}
    assert list(found) == ["street", "the probe host of datacentre", "the probe host of recovery"]
    place = names.place(lab_access.params(ours), "probe-2")
    assert f"ip netns exec {place} " in " ".join(found["the probe host of recovery"].python)
    assert found["street"].longest_s == 60


def test_a_probe_has_the_labs_secrets_unless_somebody_says_another(
    ours: Workspace, example_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = "somebody's own"
    monkeypatch.setenv("ASTY_RADIUS_SECRET", another)
    monkeypatch.setenv("ASTY_PROBE_PASSWORD", "")
    monkeypatch.delenv("ASTY_PROBE_PASSWORD")
    made(ours, hosts=True)
    lab_access.vantages(ours, example_city)
    assert "ASTY_PROBE_PASSWORD" not in os.environ, "a lab that has no secrets lends none"
    credentials.make(lab_access.params(ours))
    lab_access.vantages(ours, example_city)
    assert os.environ["ASTY_PROBE_PASSWORD"] == credentials.password(lab_access.params(ours)).read_text()
    assert os.environ["ASTY_RADIUS_SECRET"] == another


def test_who_reaches_the_devices_has_the_secret_that_access_points_are_told(
    ours: Workspace, example_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTY_RADIUS_SECRET", "")
    monkeypatch.delenv("ASTY_RADIUS_SECRET")
    made(ours, hosts=False)
    credentials.make(lab_access.params(ours))
    with monkeypatch.context() as patched:
        patched.setattr("lab.lab.Lab.inventory", lambda _: {})
        assert lab_access.inventory(ours, example_city) == {}
    assert os.environ["ASTY_RADIUS_SECRET"] == credentials.radius(lab_access.params(ours)).read_text()
