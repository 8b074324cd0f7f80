"""Fills a new Keystone: who may log in, and the catalogue of services."""

from typing import cast

import openstack
from openstack.connection import Connection
from openstack.identity.v3._proxy import Proxy

from city.secrets import Secret
from lab.openstack.catalogue import ENTRIES, INTERFACES, ROLES, Entry
from lab.openstack.config import SERVICE_USER
from lab.openstack.spec import RegionSpec

ADMIN = "admin"
"""The user and the project that Keystone's own bootstrap makes."""


def connect(spec: RegionSpec, password: Secret) -> Connection:
    """The region as its administrator sees it; nothing is read from the caller's environment or files."""
    return openstack.connect(
        load_envvars=False,
        load_yaml_config=False,
        auth={
            "auth_url": spec.auth_url,
            "username": ADMIN,
            "password": password.reveal(),
            "project_name": ADMIN,
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        region_name=spec.name,
        api_timeout=120,
    )


def fill(cloud: Connection, spec: RegionSpec, password: Secret) -> None:
    """Add the services' own user and every entry of the catalogue to a freshly bootstrapped Keystone."""
    identity = cast("Proxy", cloud.identity)
    project = identity.create_project(name="service", domain_id="default")
    user = identity.create_user(
        name=SERVICE_USER, password=password.reveal(), domain_id="default", default_project_id=project.id
    )
    for name in ROLES:
        role = identity.find_role(name) or identity.create_role(name=name)
        if name in (ADMIN, "service"):
            identity.assign_project_role_to_user(project, user, role)
    for entry in ENTRIES:
        if entry.type != "identity":  # made by Keystone's own bootstrap
            _add(identity, spec, entry)


def _add(identity: Proxy, spec: RegionSpec, entry: Entry) -> None:
    service = identity.create_service(type=entry.type, name=entry.name)
    for interface in INTERFACES:
        identity.create_endpoint(service_id=service.id, interface=interface, url=entry.url(spec), region_id=spec.name)
