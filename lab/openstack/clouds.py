"""clouds.yaml: how openstacksdk, the openstack command, gophercloud and Pulumi find the lab's regions."""

from collections.abc import Iterable

import yaml

from city.secrets import Secret
from lab.openstack.keystone import ADMIN
from lab.openstack.plan import RegionPlan


def clouds_yaml(regions: Iterable[tuple[RegionPlan, Secret]]) -> str:
    """The file's text, a cloud per region; it holds passwords and is to be kept with mode 0600."""
    return yaml.safe_dump(
        {"clouds": {plan.cloud: _cloud(plan, password) for plan, password in regions}}, sort_keys=True
    )


def _cloud(plan: RegionPlan, password: Secret) -> dict[str, object]:
    return {
        "auth_type": "password",
        "auth": {
            "auth_url": plan.auth_url,
            "username": ADMIN,
            "password": password.reveal(),
            "project_name": ADMIN,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": plan.name,
        "interface": "public",
        "identity_api_version": "3",
    }
