"""Who changes a site's names, as sites.yaml declares it."""

from ipaddress import IPv4Address

import pytest

from asty.city_data import load
from city.model.name_updates import Algorithm, NameUpdates
from city.model.places import SiteRole
from city.secrets import SecretRef
from tests.city.board import Board


def declare(board: Board, updates: str) -> None:
    """At the first site of the file."""
    file = board.folder / "sites.yaml"
    first, *others = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([first, f"  name_updates: {{{updates}}}\n", *others]), encoding="utf-8")


def test_a_site_whose_names_are_changed_by_updates_says_where_and_with_which_key(board: Board) -> None:
    declare(board, "server: 10.0.0.53, key: drills.city, secret: env:ASTY_TSIG")
    sites = load(board.folder).sites
    assert sites[0].name_updates == NameUpdates(
        server=IPv4Address("10.0.0.53"),
        port=53,
        key="drills.city",
        algorithm=Algorithm.SHA256,
        secret=SecretRef("env", "ASTY_TSIG"),
    )
    assert all(site.name_updates is None for site in sites[1:])
    assert SiteRole.DATACENTRE is sites[0].role


@pytest.mark.parametrize(
    ("updates", "problem"),
    [
        ("server: ns1, key: drills, secret: env:A", "ns1"),
        ("server: 10.0.0.53, key: drills, secret: dGhlIHNlY3JldA", "does not say where the secret is kept"),
        ("server: 10.0.0.53, key: drills, secret: env:A, algorithm: hmac-md5", "hmac-md5"),
        ("server: 10.0.0.53, key: 'A key', secret: env:A", "A key"),
        ("server: 10.0.0.53, key: drills", "secret"),
        ("server: 10.0.0.53, key: drills, secret: env:A, zone: city", "unknown key 'zone'"),
    ],
)
def test_what_cannot_be_meant_is_a_defect_of_its_line_and_no_secret_is_repeated(
    board: Board, updates: str, problem: str
) -> None:
    declare(board, updates)
    found = board.defects()
    assert [one for one in found if problem in one.problem], [one.problem for one in found]
    assert {(one.file.name, one.line) for one in found} == {("sites.yaml", 2)}
    assert not [one for one in found if "dGhlIHNlY3JldA" in str(one)]
