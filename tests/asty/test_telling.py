"""Which hosts are told, what each is told, and what of it."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import patch

import pytest

from asty import telling, workspace
from asty.screen import Screen
from asty.service_hosts import Chosen
from city.errors import Failed
from city.inventory import Inventory
from city.model.city import City
from city.secrets import Secret
from infra.blocks import block_of
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached


@pytest.fixture
def city(example_city: City) -> City:
    """Whose monitoring watches, and whose open data show."""
    roles = {"monitoring": ("monitoring",), "open-data": ("dashboard",)}
    services = tuple(
        replace(one, workload=replace(one.workload, roles=roles[one.id])) if one.workload and one.id in roles else one
        for one in example_city.services
    )
    return replace(example_city, services=services)


def host(name: str, site: str = "datacentre") -> Host:
    return Host(name=name, site=site, address=IPv4Address("10.1.3.16"), keys=())


def test_only_those_who_watch_and_who_show_are_told(city: City) -> None:
    assert [one.id for one in telling.services(city)] == ["open-data", "monitoring"]


def test_who_watches_knows_the_devices_of_the_districts_and_where_it_stands(
    city: City, paper_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOWHERE", "of all")
    here = workspace.find({"XDG_STATE_HOME": str(tmp_path)})
    with patch("asty.lab_access.inventory", return_value=paper_inventory):
        told = telling.post_of(here, city, city.service("monitoring"), host("monitoring-1", "recovery"))
    assert (told.name, told.point, told.follow) == ("monitoring-1 (recovery)", "recovery", "")
    assert "sw-core-01" not in told.inventory, "it stands at a site, and no host comes there"
    access_point = told.inventory["ap-0001"]
    assert (str(access_point.address), access_point.snmp_port) == ("10.10.0.100", 161)
    assert set(told.secrets.values()) == {Secret("of all")}


def test_who_shows_is_told_whom_to_follow_and_no_secret(city: City, tmp_path: Path) -> None:
    here = workspace.find({"XDG_STATE_HOME": str(tmp_path)})
    service = city.service("monitoring")
    told = telling.post_of(here, city, city.service("open-data"), host("open-data-1"))
    assert told.follow == "https://monitoring.example.test:9090/ledger"
    assert told.at == block_of(city, next(one for one in city.sites if one.id == "datacentre"), service).vip
    assert (told.inventory, told.secrets, told.point) == ({}, {}, "")


def test_nobody_can_be_followed_where_nobody_watches(example_city: City) -> None:
    with pytest.raises(Failed, match="roles: \\[monitoring\\]"):
        telling.followed(example_city, "datacentre")


def test_a_host_that_cannot_be_told_is_named_and_stops_no_other(example_city: City, tmp_path: Path) -> None:
    data = example_city.service("open-data")
    assert data.workload is not None
    lonely = replace(data, workload=replace(data.workload, roles=("dashboard",)))
    services = tuple(lonely if one is data else one for one in example_city.services)
    here = workspace.find({"XDG_STATE_HOME": str(tmp_path)})
    chosen = Chosen(hosts=(host("open-data-1"),), missing=(Unreached(name="open-data-2", reason="it says SHUTOFF"),))
    with patch("asty.telling.service_hosts.choose", return_value=chosen):
        done = telling.tell(here, replace(example_city, services=services), Screen())
    assert [(one.subject, one.status.value) for one in done] == [
        ("open-data-1 (datacentre)", "failed"),
        ("open-data-2", "failed"),
    ]
    assert "no service has the role monitoring" in done[0].reason
