"""What a city asks of its drills, as city.yaml declares it."""

from datetime import timedelta
from pathlib import Path

import pytest

from asty.city_data import load
from city.model.drilling import Approver, Drilling, Exercise, Timestamps
from city.model.services import Tier
from tests.city.board import Board
from tests.drs.drill.authority import make

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0aa"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0bb"


def declare(board: Board, text: str) -> None:
    with (board.folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def test_a_city_asks_for_what_it_declares_alone(board: Board) -> None:
    assert load(board.folder).drilling == Drilling()
    declare(board, f"drills: {{approvers: {{maria: {{key: {ONE}}}, nikos: {{key: {TWO} nikos@city}}}}}}")
    assert load(board.folder).drilling.approvers == (
        Approver(name="maria", key=ONE),
        Approver(name="nikos", key=f"{TWO} nikos@city"),
    )


def test_how_often_is_asked_for_by_itself(board: Board) -> None:
    declare(board, "drills: {every: 180d}")
    assert load(board.folder).drilling == Drilling(every=tuple((tier, timedelta(days=180)) for tier in Tier))


def test_how_often_may_differ_by_tier(board: Board) -> None:
    declare(board, "drills: {every: {tier-1: 90d, tier-3: 365d}}")
    drilling = load(board.folder).drilling
    assert [drilling.often(tier) for tier in Tier] == [timedelta(days=90), None, timedelta(days=365)]


def test_the_ladder_may_leave_rungs_out(board: Board) -> None:
    declare(board, "drills: {exercises: {tabletop: 90d, full-scale: 365d}}")
    wanted = ((Exercise.TABLETOP, timedelta(days=90)), (Exercise.FULL_SCALE, timedelta(days=365)))
    assert load(board.folder).drilling.exercises == wanted


def test_who_keeps_the_journals_is_a_service_that_runs_at_the_recovery_site(board: Board) -> None:
    declare(board, "drills: {journal: portal}")
    assert load(board.folder).drilling.journal == "portal"


def test_who_stamps_times_is_an_address_and_a_certificate(board: Board, tmp_path: Path) -> None:
    pem = make(tmp_path / "tsa")
    told = "".join(f"      {line}\n" for line in pem.splitlines())
    declare(board, f"drills:\n  timestamps:\n    url: http://tsa.example.org/tsa\n    authority: |\n{told}")
    assert load(board.folder).drilling.timestamps == Timestamps(url="http://tsa.example.org/tsa", authority=pem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("drills: {timestamps: {url: 'https://tsa.org/', authority: tsa.pem}}", "it is no certificate"),
        ("drills: {timestamps: {url: 'ftp://tsa.org/', authority: x}}", "is not an address, as in `https://HOST/PATH`"),
        ("drills: {timestamps: {url: 'https://tsa.org/'}}", "authority is missing"),
        (f"drills: {{approvers: {{maria: {{key: {ONE}}}}}}}", "fewer than two may agree, and steps ask for two"),
        ("drills: {approvers: {}}", "fewer than two may agree"),
        ("drills: {every: 12h}", "every is not from 1 d to 1095 d"),
        ("drills: {every: 1096d}", "every is not from 1 d to 1095 d"),
        ("drills: {every: yearly}", "every"),
        ("drills: {every: {tier-1: 12h}}", "tier-1 is not from 1 d to 1095 d"),
        ("drills: {every: {tier-4: 90d}}", "unknown key 'tier-4'"),
        ("drills: {exercises: {tabletop: never}}", "tabletop"),
        ("drills: {journal: nobody}", "names the service with a server that runs at the recovery site 'nobody'"),
        ("drills: {journal: open-data}", "names the service with a server that runs at the recovery site 'open-data'"),
        ("drills: {exercises: {walkthrough: 90d}}", "unknown key 'walkthrough'"),
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
def test_what_cannot_be_meant_are_a_defect(board: Board, text: str, problem: str) -> None:
    declare(board, text)
    found = board.defects()
    assert [defect for defect in found if problem in defect.problem], [defect.problem for defect in found]
    assert {defect.file.name for defect in found} == {"city.yaml"}
