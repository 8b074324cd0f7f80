"""Two labs that were given one base address: the one never works in what is the other's, and never removes it."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from city.errors import Refused
from lab.net import holder, kernel, names
from lab.net.remove import remove
from lab.params import LabParams
from tests.lab.net.world import PARAMS


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LabParams, LabParams]:
    """Both labs are there; the first one's street stands."""
    monkeypatch.setattr(holder, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(kernel, "SPACES", tmp_path / "netns")
    one, other = (replace(PARAMS, root=tmp_path / name) for name in ("one", "other"))
    for params in (one, other):
        params.claim()
    (tmp_path / "netns").mkdir()
    (tmp_path / "netns" / names.place(PARAMS, "street")).touch()
    return one, other


def test_what_stands_belongs_to_the_lab_that_had_the_mark_last(labs: tuple[LabParams, LabParams]) -> None:
    one, other = labs
    with holder.held(one):
        pass
    assert (holder.another(one), holder.another(other)) == (None, one.root)
    assert holder.own(one) == {names.place(PARAMS, "street")}
    assert holder.own(other) == frozenset()


def test_a_lab_does_not_work_in_what_another_left_standing(labs: tuple[LabParams, LabParams]) -> None:
    one, other = labs
    with (
        holder.held(one),
        pytest.raises(Refused, match=rf"lab {one.root} has the mark a7e.*another base address"),
        holder.held(other),
    ):
        pass
    with pytest.raises(Refused, match=str(one.root)), holder.held(other):
        pass


def test_what_another_lab_left_standing_is_not_removed(
    labs: tuple[LabParams, LabParams], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = labs
    with holder.held(one):
        pass
    monkeypatch.setattr("lab.net.remove.take", taken := Mock(return_value=[]))
    assert remove(other) == []
    taken.assert_not_called()
    assert holder.another(other) == one.root


def test_the_mark_of_a_lab_that_is_wiped_is_free(labs: tuple[LabParams, LabParams]) -> None:
    one, other = labs
    with holder.held(one):
        pass
    one.file.unlink()
    assert holder.own(other) == {names.place(PARAMS, "street")}
    with holder.held(other):
        assert holder.another(one) == other.root


def test_a_mark_that_is_given_back_is_free(labs: tuple[LabParams, LabParams]) -> None:
    one, other = labs
    with holder.held(one):
        pass
    holder.released(other)
    assert holder.another(other) == one.root, "only its own lab gives it back"
    holder.released(one)
    assert holder.another(other) is None
