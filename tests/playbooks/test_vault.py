"""What the keeper of a vault says and forgets, with restic's answers instead of restic."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.playbooks.files import Program, program

FORGET = ("forget", "--prune", "--keep-within")


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """With one repository, of shop-1, which has no copies yet."""
    found = program("vault", "vault")
    monkeypatch.setattr(found, "FOLDER", tmp_path)
    monkeypatch.setattr(found, "STANDING", tmp_path / "standing.json")
    repository = tmp_path / "shop" / "shop-1"
    (repository / "snapshots").mkdir(parents=True)
    (repository / "config").touch()
    return found


def answering(vault: Program, monkeypatch: pytest.MonkeyPatch, *moments: datetime) -> list[tuple[str, ...]]:
    """restic has copies of these moments. Returns what it is asked."""
    asked: list[tuple[str, ...]] = []

    def restic(_repository: Path, *words: str) -> str:
        asked.append(words)
        return json.dumps([{"time": moment.isoformat()} for moment in moments]) if words[0] == "snapshots" else ""

    monkeypatch.setattr(vault, "restic", restic)
    for number in range(len(moments)):
        (vault.FOLDER / "shop/shop-1/snapshots" / str(number)).touch()
    return asked


def test_a_vault_forgets_as_it_starts_and_not_again_on_the_same_day(
    vault: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(vault, monkeypatch)
    keeper = vault.Vault(keep_s=4 * 3600)
    for _ in range(3):
        keeper.round()
    assert [words for words in asked if words[0] == "forget"] == [(*FORGET, "4h")]
    vault.Vault(keep_s=4 * 3600).round()
    assert len([words for words in asked if words[0] == "forget"]) == 2, "another start"
    keeper.forgot -= 24 * 3600
    keeper.round()
    assert len([words for words in asked if words[0] == "forget"]) == 3, "another day"


def test_a_copy_of_the_future_is_counted_and_is_not_the_newest(vault: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    answering(vault, monkeypatch, now + timedelta(days=365), now - timedelta(hours=9), now - timedelta(hours=5))
    vault.Vault(keep_s=3600).round()
    told = json.loads(vault.STANDING.read_text())["copies"]["shop"]["shop-1"]
    assert (told["count"], told["newest"]) == (3, (now - timedelta(hours=5)).isoformat())
    assert told["oldest"] == (now - timedelta(hours=9)).isoformat()


def test_of_copies_of_the_future_alone_nobody_knows_the_newest(vault: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(vault, monkeypatch, datetime.now(UTC) + timedelta(days=1))
    vault.Vault(keep_s=3600).round()
    assert json.loads(vault.STANDING.read_text())["copies"]["shop"]["shop-1"]["newest"] is None
