"""A site through openstacksdk: gone, refusing, and real."""

from pathlib import Path

import pytest
import yaml
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from city.load import load
from city.model.places import SiteRole
from drs.checks.quotas import missing
from drs.observed import PARTS, known
from drs.site import OpenStackSite
from lab.openstack.spec import RegionSpec
from lab.params import LabParams
from tests.drs.twins import twins

NOBODY = "http://127.0.0.1:9/v3"
"""The discard port: nothing listens there."""


def clouds(folder: Path, auth_url: str) -> Path:
    auth = {"auth_url": auth_url, "username": "a", "password": "b", "project_name": "c"}
    entry = {"auth": {**auth, "user_domain_name": "Default", "project_domain_name": "Default"}, "region_name": "R"}
    path = folder / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"recovery": entry}}))
    return path


def test_a_site_that_is_gone_is_unseen_in_every_part(tmp_path: Path) -> None:
    seen = OpenStackSite(site="recovery", cloud="recovery", clouds=clouds(tmp_path, NOBODY)).observe()
    assert not seen.reachable
    assert seen.unseen == dict.fromkeys(PARTS, "nothing listens at its address")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="no file"),
        pytest.param("clouds: {}", id="no entry of that name"),
        pytest.param("clouds: {recovery: {}}", id="an entry without credentials"),
    ],
)
def test_credentials_that_cannot_be_had_leave_the_site_unseen(text: str | None, tmp_path: Path) -> None:
    """What was seen is said: that no file is there, or what it lacks."""
    path = tmp_path / "clouds.yaml"
    if text is not None:
        path.write_text(text)
    seen = OpenStackSite(site="recovery", cloud="recovery", clouds=path).observe()
    assert not seen.reachable
    (reason,) = set(seen.unseen.values())
    assert not reason.endswith(".")
    assert text == "clouds: {recovery: {}}" or str(path) in reason


@pytest.mark.lab
def test_both_real_regions_answer_every_part(regions: tuple[RegionSpec, ...], lab_params: LabParams) -> None:
    assert len(regions) == 2
    for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY):
        seen = OpenStackSite(site=role.value, cloud=role.value, clouds=lab_params.clouds_yaml).observe()
        assert seen.unseen == {}
        quotas = {quota.resource: quota for quota in known(seen.quotas)}
        assert set(quotas) == set(missing(twins())), "each quota that recovery needs is told by a real cloud"
        assert all(quota.limit is None or quota.limit > quota.used for quota in quotas.values())
        assert "default" in {group.name for group in known(seen.groups)}


@pytest.mark.lab
def test_what_is_made_in_a_real_region_is_seen_there_and_not_at_the_other(
    regions: tuple[RegionSpec, ...], lab_params: LabParams
) -> None:
    assert regions
    city = load(Path(__file__).parents[2] / "cities" / "example")
    config = OpenStackConfig(config_files=[str(lab_params.clouds_yaml)], load_envvars=False)
    with Connection(config=config.get_one(cloud="recovery")) as cloud:
        network = cloud.network.create_network(name="readiness-probe")
        try:
            cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.250.7.0/24")
            seen = {
                role: OpenStackSite(
                    site=city.site_of(role).id, cloud=role.value, clouds=lab_params.clouds_yaml
                ).observe()
                for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY)
            }
        finally:
            cloud.network.delete_network(network)
    cidrs = {
        role: {str(subnet.cidr) for subnet in known(site.subnets) if subnet.network == "readiness-probe"}
        for role, site in seen.items()
    }
    assert cidrs == {SiteRole.DATACENTRE: set(), SiteRole.RECOVERY: {"10.250.7.0/24"}}
