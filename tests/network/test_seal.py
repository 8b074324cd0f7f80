"""Secrets that the journal keeps of devices can be read with its key alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Refused
from network.seal import Seal

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"
SHOWN = "radius-server 10.0.3.152\n key what-only-both-know\n"


PIECES = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.sampled_from(["sealed:", ";", "key ", "secret=", "password 7 ", "\n", "community", PEM, PEM[:40], "gAAAAA=="]),
)


@given(text=st.lists(PIECES).map("".join))
def test_what_is_closed_is_opened_by_whoever_has_the_key(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "one.key"
    assert Seal(file).open(Seal(file).close(text)) == text


def test_no_secret_can_be_read_all_else_can_and_no_two_are_alike(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "a.key")
    closed = seal.close(SHOWN)
    assert closed.splitlines()[0] == "radius-server 10.0.3.152" and closed.splitlines()[1].startswith(" key sealed:")
    assert "what-only-both-know" not in closed and seal.close(SHOWN) != closed


@pytest.mark.parametrize(
    "line",
    [
        "snmp-server user city v3 auth sha hidden priv aes hidden",
        "enable secret 5 $1$hidden",
        '/radius add address=10.0.3.152 secret="hidden"',
        "wireless.wifi1.auth_secret='hidden'",
        "crypto isakmp pre-shared-key hidden",
        "set community hidden",
        "-----BEGIN PRIVATE KEY-----\nhidden\nhidden",
        PEM.replace("MHcCAQEE", "hidden"),
    ],
)
def test_each_way_in_which_devices_write_secrets_is_sealed(tmp_path: Path, line: str) -> None:
    seal = Seal(tmp_path / "a.key")
    closed = seal.close(f"hostname a\n{line}\nend\n" if "BEGIN PRIVATE" not in line else line)
    assert "hidden" not in closed and "hidden" in seal.open(closed)


def test_what_a_device_says_as_if_it_were_sealed_is_not_taken_for_ours(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "a.key")
    for said in ("sealed:gAAAAA==;", "banner sealed:abc;def", "sealed:abc", "sealed:"):
        assert seal.open(seal.close(said)) == said


def test_a_journal_that_sealed_whole_configurations_is_read_still(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "a.key")
    whole = Fernet((tmp_path / "a.key").read_bytes()).encrypt(SHOWN.encode()).decode()
    assert seal.open(f"sealed:{whole}") == SHOWN


def test_what_was_kept_before_stays_as_it_is_and_nothing_is_nothing(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "a.key")
    assert (seal.open(SHOWN), seal.open(""), seal.close("")) == (SHOWN, "", "")


def test_another_key_opens_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    closed = Seal(tmp_path / "a.key").close(SHOWN)
    with pytest.raises(Refused, match=r"b\.key.*sealed with another key.*Put back the key"):
        Seal(tmp_path / "b.key").open(closed)


def test_the_key_is_its_owners_alone_and_one_for_all_who_begin_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a.key"
    with ThreadPoolExecutor(8) as pool:
        closed = [seal.close(SHOWN) for seal in pool.map(lambda _: Seal(file), range(32))]
    assert {Seal(file).open(one) for one in closed} == {SHOWN}
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file], "nothing half made stays"
