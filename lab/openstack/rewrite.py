"""Makes the databases of a template those of one region of one lab; pure: spec and passwords in, SQL out."""

# ruff: noqa: S608 - every value passes `quoted`, which refuses what could end a string
from collections.abc import Iterator, Mapping

from lab.openstack.catalogue import ENTRIES
from lab.openstack.config import database_url
from lab.openstack.database import quoted
from lab.openstack.spec import RegionSpec

TEMPLATE_REGION = "template"
"""What the region is called in which a template is made."""

_IDS = {
    "project": (
        ("project", "id"),
        ("project", "domain_id"),
        ("project", "parent_id"),
        ("assignment", "target_id"),
        ("user", "default_project_id"),
    ),
    "user": (
        ("user", "id"),
        ("local_user", "user_id"),
        ("assignment", "actor_id"),
    ),
}
"""Where Keystone keeps the ids of projects and users."""


def statements(spec: RegionSpec, user: str, hashes: Mapping[str, str], ids: Mapping[str, Mapping[str, str]]) -> str:
    """`hashes`: bcrypt by name of user. `ids`: for `project` and `user`, a new id by name.

    With ids of their own no two regions are taken for one: a program that mixes them up fails in the
    lab as it would in two real clouds.
    """
    return ";\n".join(
        ("SET foreign_key_checks=0", *_statements(spec, user, hashes, ids), "SET foreign_key_checks=1", "")
    )


def _statements(
    spec: RegionSpec, user: str, hashes: Mapping[str, str], ids: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    old, new = quoted(TEMPLATE_REGION), quoted(spec.name)
    yield f"UPDATE keystone.region SET id={new} WHERE id={old}"
    yield f"UPDATE keystone.endpoint SET region_id={new} WHERE region_id={old}"
    for entry in ENTRIES:
        yield (
            "UPDATE keystone.endpoint JOIN keystone.service ON endpoint.service_id=service.id "
            f"SET endpoint.url={quoted(entry.url(spec))} WHERE service.type={quoted(entry.type)}"
        )
    for name, digest in hashes.items():
        yield (
            "UPDATE keystone.password JOIN keystone.local_user ON password.local_user_id=local_user.id "
            f"SET password.password_hash={quoted(digest)} WHERE local_user.name={quoted(name)}"
        )
    for cell, name in (("cell0", "nova_cell0"), ("cell1", "nova")):
        url = quoted(database_url(spec, user, name))
        yield f"UPDATE nova_api.cell_mappings SET database_connection={url} WHERE name={quoted(cell)}"
    yield from _renumber("project", "SELECT id FROM keystone.project WHERE name={} AND is_domain=0", ids["project"])
    yield from _renumber("user", "SELECT user_id FROM keystone.local_user WHERE name={}", ids["user"])


def _renumber(kind: str, query: str, ids: Mapping[str, str]) -> Iterator[str]:
    for name, identity in ids.items():
        yield f"SET @old=({query.format(quoted(name))})"
        for table, column in _IDS[kind]:
            yield f"UPDATE keystone.`{table}` SET `{column}`={quoted(identity)} WHERE `{column}`=@old"
