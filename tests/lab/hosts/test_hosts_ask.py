"""Whom a fault befalls: servers by name, at one site or at both, or all of a site's."""

import json
from pathlib import Path

import pytest

from city.errors import InvalidInput
from lab.hosts import ask
from lab.hosts.ask import Site
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Image
from lab.params import LabParams
from tests.lab.hosts.conftest import guest, home, params

__all__ = ["home", "params"]
SITES = (
    Site(region="RegionOne", id="city-hall", names=frozenset({"RegionOne", "city-hall", "datacentre"})),
    Site(region="RegionTwo", id="hill", names=frozenset({"RegionTwo", "hill", "recovery"})),
)
STANDING = {("RegionOne", "portal-1"), ("RegionOne", "portal-2"), ("RegionTwo", "portal-1")}


@pytest.fixture
def kept(home: HostsFolder) -> LabParams:
    """A lab in which these guests were made; none of them runs."""
    image = Image(id="0f0f0f0f-0000-4000-8000-00000000000a", algorithm="sha256", digest="0" * 64)
    for region, name in STANDING:
        made = guest(image, hostname=name)
        folder = home.of(made.id)
        folder.keep(made)
        Path(folder.file).write_text(json.dumps({**made.as_json(), "region": region}))
    return home.params


@pytest.mark.parametrize(
    ("targets", "called"),
    [
        pytest.param(["portal-1"], {"portal-1:city-hall", "portal-1:hill"}, id="at both sites"),
        pytest.param(["portal-1:hill"], {"portal-1:hill"}, id="at one"),
        pytest.param(["portal-1:RegionOne"], {"portal-1:city-hall"}, id="by its region"),
        pytest.param(["city-hall"], {"portal-1:city-hall", "portal-2:city-hall"}, id="all of a site"),
        pytest.param(["recovery", "portal-2"], {"portal-1:hill", "portal-2:city-hall"}, id="several"),
    ],
)
def test_a_target_names_servers(kept: LabParams, targets: list[str], called: set[str]) -> None:
    assert ask.chosen(kept, SITES, targets).keys() == called


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        pytest.param("portal-2:hill", "no such server.*portal-1:city-hall", id="not at that site"),
        pytest.param("mail-1", "no such server", id="nowhere"),
        pytest.param("portal-1:moon", "no site is called moon. It is city-hall or hill", id="no such site"),
    ],
)
def test_a_server_that_is_not_there_is_named_with_those_that_are(kept: LabParams, target: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        ask.chosen(kept, SITES, [target])


def test_a_site_without_servers_has_none(home: HostsFolder) -> None:
    assert ask.chosen(home.params, SITES, ["hill"]) == {}
    assert ask.standing(home.params, SITES) == {}
