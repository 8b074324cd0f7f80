from datetime import timedelta

import pytest

from asty.city_data import load
from city.model.changes import Changes
from city.model.places import SiteRole
from tests.city.board import Board


def declare(board: Board, text: str) -> None:
    file = board.folder / "city.yaml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("changes:")]
    file.write_text("\n".join([*lines, text, ""]), encoding="utf-8")


def test_what_a_city_does_not_declare_is_the_default(board: Board) -> None:
    declare(board, "")
    assert load(board.folder).changes == Changes()
    declare(board, "changes: {first: datacentre}")
    assert load(board.folder).changes == Changes(first=SiteRole.DATACENTRE)
    declare(board, "changes: {health_within: 90s}")
    assert load(board.folder).changes == Changes(health_within=timedelta(seconds=90))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("changes: {first: west}", "'west' is not known here"),
        ("changes: {first: district}", "no cloud is at a district"),
        ("changes: {health_within: 59s}", "health_within is not from 1 m to 1 h"),
        ("changes: {health_within: 61m}", "health_within is not from 1 m to 1 h"),
        ("changes: {last: recovery}", "unknown key 'last'"),
    ],
)
def test_changes_that_cannot_be_meant_are_a_defect(board: Board, text: str, problem: str) -> None:
    declare(board, text)
    assert any(problem in defect.problem for defect in board.defects())
