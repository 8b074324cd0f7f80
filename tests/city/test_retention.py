from datetime import timedelta

import pytest

from asty.city_data import load
from city.model.retention import Retention
from tests.city.board import Board


def declare(board: Board, text: str) -> None:
    file = board.folder / "city.yaml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("retention:")]
    file.write_text("\n".join([*lines, text, ""]), encoding="utf-8")


def test_what_a_city_does_not_declare_is_the_default(board: Board) -> None:
    declare(board, "")
    assert load(board.folder).retention == Retention()
    declare(board, "retention: {series_full: 7d, plans: 24h}")
    assert load(board.folder).retention == Retention(series_full=timedelta(days=7), plans=timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("retention: {series: 10d}", "series are kept for less time than every value"),
        ("retention: {plans: 23h}", "plans is less than a day"),
        ("retention: {evidence: 400}", "is not a duration"),
        ("retention: {states: 1d}", "unknown key 'states'"),
    ],
)
def test_a_retention_that_cannot_be_meant_is_a_defect(board: Board, text: str, problem: str) -> None:
    declare(board, text)
    assert any(problem in defect.problem for defect in board.defects())
