import pytest

from asty.city_data import load
from city.model.doubt import Doubt
from tests.city.board import Board


def declare(board: Board, text: str) -> None:
    file = board.folder / "city.yaml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("observer:")]
    file.write_text("\n".join([*lines, text, ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Doubt(above=0.5, canaries=("gateway", "control-plane"))),
        ("observer: {doubt_above: 0.25}", Doubt(above=0.25)),
        ("observer: {canaries: [gateway, 10.1.3.1]}", Doubt(canaries=("gateway", "10.1.3.1"))),
        ("observer: {canaries: []}", Doubt(canaries=())),
    ],
)
def test_what_a_city_does_not_declare_of_its_observer_is_the_default(board: Board, text: str, expected: Doubt) -> None:
    declare(board, text)
    assert load(board.folder).observer == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("observer: {doubt_above: 50}", "50 is out of range"),
        ("observer: {canaries: [gatewey]}", "'gatewey' is no canary"),
        ("observer: {canaries: [10.1.3.256]}", "'10.1.3.256' is no canary"),
        ("observer: {canaries: [gateway, gateway]}", "a canary is named twice"),
        ("observer: {canary: [gateway]}", "unknown key 'canary'"),
    ],
)
def test_an_observer_that_cannot_be_meant_is_a_defect(board: Board, text: str, problem: str) -> None:
    declare(board, text)
    assert any(problem in defect.problem for defect in board.defects())
