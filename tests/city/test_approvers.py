"""Who may agree to the steps of a drill, as city.yaml declares it."""

import pytest

from asty.city_data import load
from city.model.approvers import Approver
from tests.city.board import Board

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0aa"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0bb"


def declare(board: Board, text: str) -> None:
    with (board.folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def test_a_city_names_its_approvers_or_nobody(board: Board) -> None:
    assert load(board.folder).approvers == ()
    declare(board, f"drills: {{approvers: {{maria: {{key: {ONE}}}, nikos: {{key: {TWO} nikos@city}}}}}}")
    assert load(board.folder).approvers == (
        Approver(name="maria", key=ONE),
        Approver(name="nikos", key=f"{TWO} nikos@city"),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"drills: {{approvers: {{maria: {{key: {ONE}}}}}}}", "fewer than two may agree, and steps ask for two"),
        ("drills: {approvers: {}}", "fewer than two may agree"),
        ("drills: {}", "approvers"),
        (
            f"drills: {{approvers: {{maria: {{key: {ONE}}}, nikos: {{key: {ONE} other-words}}}}}}",
            "nikos has the key of maria",
        ),
        (f"drills: {{approvers: {{maria: {{key: {ONE}}}, nikos: {{key: password}}}}}}", "is not an OpenSSH public key"),
        (f"drills: {{approvers: {{maria: {{key: {ONE}}}, nikos: {{}}}}}}", "key"),
        (f"drills: {{approvers: {{Maria K: {{key: {ONE}}}, nikos: {{key: {TWO}}}}}}}", "Maria K"),
        (f"drills: {{approvers: {{maria: {{key: {ONE}, phone: 1}}, nikos: {{key: {TWO}}}}}}}", "unknown key 'phone'"),
        (f"drills: {{who: me, approvers: {{maria: {{key: {ONE}}}, nikos: {{key: {TWO}}}}}}}", "unknown key 'who'"),
    ],
)
def test_approvers_that_cannot_be_meant_are_a_defect(board: Board, text: str, problem: str) -> None:
    declare(board, text)
    found = board.defects()
    assert [defect for defect in found if problem in defect.problem], [defect.problem for defect in found]
    assert {defect.file.name for defect in found} == {"city.yaml"}
