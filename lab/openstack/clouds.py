"""clouds.yaml: how openstacksdk, the openstack command, gophercloud and Pulumi find the lab's regions."""

from collections.abc import Iterable

import yaml

from city.secrets import Secret
from lab.openstack.keystone import ADMIN
from lab.openstack.spec import RegionSpec


def clouds_yaml(regions: Iterable[tuple[RegionSpec, Secret]]) -> str:
    """The file's text, a cloud per region; it holds passwords and is to be kept with mode 0600."""
    return yaml.safe_dump(
        {"clouds": {spec.cloud: _cloud(spec, password) for spec, password in regions}}, sort_keys=True
    )


def _cloud(spec: RegionSpec, password: Secret) -> dict[str, object]:
    return {
        "auth_type": "password",
        "auth": {
            "auth_url": spec.auth_url,
            "username": ADMIN,
            "password": password.reveal(),
            "project_name": ADMIN,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": spec.name,
        "interface": "public",
        "identity_api_version": "3",
    }
