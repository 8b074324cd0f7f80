# ruff: noqa: S608 - SQL as it is expected, not as it is run
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.openstack import database, rewrite
from lab.openstack.catalogue import ENTRIES
from lab.openstack.spec import RegionSpec

IDS = {"project": {"admin": "a" * 32, "service": "b" * 32}, "user": {"admin": "c" * 32, "service": "d" * 32}}
HASHES = {"admin": "$2b$04$abcdefghijklmnopqrstuv", "service": "$2b$04$ABCDEFGHIJKLMNOPQRSTUV"}


@pytest.fixture
def sql(spec: RegionSpec) -> str:
    return rewrite.statements(spec, "olga", HASHES, IDS)


def test_every_entry_of_the_catalogue_gets_this_regions_address(sql: str, spec: RegionSpec) -> None:
    for entry in ENTRIES:
        assert f"SET endpoint.url='{entry.url(spec)}' WHERE service.type='{entry.type}'" in sql


@pytest.mark.parametrize(
    "part",
    [
        "UPDATE keystone.region SET id='RegionTwo' WHERE id='template'",
        "UPDATE keystone.endpoint SET region_id='RegionTwo' WHERE region_id='template'",
        "SET password.password_hash='$2b$04$abcdefghijklmnopqrstuv' WHERE local_user.name='admin'",
        "/nova_cell0?unix_socket=/srv/lab/regions/RegionTwo/db.sock&charset=utf8mb4' WHERE name='cell0'",
        "/nova?unix_socket=/srv/lab/regions/RegionTwo/db.sock&charset=utf8mb4' WHERE name='cell1'",
        f"UPDATE keystone.`assignment` SET `target_id`='{'a' * 32}' WHERE `target_id`=@old",
        f"UPDATE keystone.`local_user` SET `user_id`='{'d' * 32}' WHERE `user_id`=@old",
    ],
)
def test_what_a_template_knows_is_replaced(part: str, sql: str) -> None:
    assert part in sql


def test_old_ids_are_looked_up_before_they_are_replaced(sql: str) -> None:
    lines = sql.split(";\n")
    for new in (new for kind in IDS.values() for new in kind.values()):
        first = next(i for i, line in enumerate(lines) if new in line)
        assert lines[first - 1].startswith("SET @old=(SELECT")


def test_references_are_checked_again_at_the_end(sql: str) -> None:
    assert sql.startswith("SET foreign_key_checks=0;\n")
    assert sql.endswith("SET foreign_key_checks=1;\n")


@given(st.text())
def test_no_text_ends_its_string(text: str) -> None:
    try:
        found = database.quoted(text)
    except ValueError:
        assert re.search(r"[^\w .:/$@?=&+%{}-]", text, re.ASCII) or "\n" in text
        return
    assert found == f"'{text}'"
    assert not set("'\\\n;") & set(text)
