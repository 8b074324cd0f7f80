"""What the journal keeps of devices can be read with its key alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import Refused
from network.seal import Seal

SHOWN = "radius-server 10.0.3.152\n key what-only-both-know\n"


@given(text=st.text(st.characters(exclude_categories=())))
def test_what_is_closed_is_opened_by_whoever_has_the_key(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "one.key"
    assert Seal(file).open(Seal(file).close(text)) == text


def test_nothing_of_it_can_be_read_and_no_two_are_alike(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "a.key")
    closed = seal.close(SHOWN)
    assert "10.0.3.152" not in closed and "what-only-both-know" not in closed
    assert seal.close(SHOWN) != closed


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
