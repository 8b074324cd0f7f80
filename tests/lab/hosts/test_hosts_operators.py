"""The key that opens a lab's guests: made once, its user's alone, and with both halves or none."""

import os
from pathlib import Path

import asyncssh
import pytest

from lab.hosts import operators
from lab.params import LabParams


def test_both_halves_are_of_one_key_that_nobody_else_reads(params: LabParams) -> None:
    operators.make(params)
    private = asyncssh.read_private_key(operators.private(params))
    assert operators.public(params).split()[:2] == private.export_public_key().decode().split()[:2]
    assert operators.private(params).stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_there_stays(params: LabParams) -> None:
    operators.make(params)
    before = operators.public(params)
    operators.make(params)
    assert operators.public(params) == before


def test_without_a_key_nobody_is_let_in(params: LabParams) -> None:
    assert operators.public(params) == ""


def test_whoever_is_killed_in_the_middle_leaves_no_half_of_a_key(
    params: LabParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", _killed)
        with pytest.raises(KeyboardInterrupt):
            operators.make(params)
    assert operators.public(params) == ""
    operators.make(params)
    private = asyncssh.read_private_key(operators.private(params))
    assert operators.public(params).split()[1] == private.export_public_key().decode().split()[1]


def _killed(_self: Path, _target: str | os.PathLike[str]) -> Path:
    raise KeyboardInterrupt
