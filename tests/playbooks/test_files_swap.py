"""A restored copy takes the place of a volume's files, whenever it is killed in between."""

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from drs.drill import on_host
from lab.hosts import credentials
from lab.params import LabParams

ROLES = Path(__file__).parents[2] / "playbooks/roles"


Program: TypeAlias = Any
"""Of a host: it is no module of the house."""


class KilledError(Exception):
    """What a power cut does to a program."""


@pytest.fixture(scope="module")
def swap() -> Iterator[Program]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "files/files"))
        yield importlib.import_module("swap")


@pytest.fixture(scope="module")
def files(swap: Program) -> Program:
    assert swap
    return importlib.import_module("files")


@pytest.fixture
def place(swap: Program, tmp_path: Path) -> Program:
    """A volume with old files, and a restored copy of new ones."""
    volume = tmp_path / "volume"
    for name in ("old-a", "old-b", "both", "lost+found", "vault", "drills"):
        (volume / name).mkdir(parents=True)
        (volume / name / "is").write_text("old")
    made = swap.Place(volume)
    made.clear()
    for name in ("new", "both"):
        (made.restored / name).mkdir(parents=True)
        (made.restored / name / "is").write_text("new")
    return made


def held(folder: Path) -> dict[str, str]:
    own = (one for one in folder.iterdir() if one.name not in {".files", "lost+found", "vault", "drills"})
    return {one.name: (one / "is").read_text() for one in own}


OLD = {"old-a": "old", "old-b": "old", "both": "old"}
NEW = {"new": "new", "both": "new"}


def test_what_belongs_to_the_site_stays_where_it_is(swap: Program, place: Program) -> None:
    """The journal of the very drill that brings the files may lie on that volume."""
    assert on_host.place(place.volume).name in swap.STAYS
    place.swap(serves=True)
    for name in ("drills", "vault"):
        assert (place.volume / name / "is").read_text() == "old"
        assert not (place.before / name).exists()


def test_the_copy_takes_the_place_of_the_files_which_are_kept(place: Program) -> None:
    place.swap(serves=True)
    assert held(place.volume) == NEW and held(place.before) == OLD
    assert (place.volume / "vault/is").read_text() == "old", "what a vault keeps is no file of the service"
    assert place.known() == {"phase": "", "then": {}, "serves": True, "brought": None, "staged": None}
    place.back(serves=False)
    assert held(place.volume) == OLD and place.known()["serves"] is False


@pytest.mark.parametrize("moved", range(6))
def test_killed_behind_any_file_it_goes_on_where_it_was(
    place: Program, swap: Program, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    rename, left = Path.rename, [moved]

    def dying(self: Path, target: Path) -> Path:
        if self.name != "state.partial":
            if not left[0]:
                raise KilledError
            left[0] -= 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying)
        try:
            place.swap(serves=True)
        except KilledError:
            assert "serves" not in place.known()
    swap.Place(place.volume).finish()
    assert held(place.volume) == NEW and held(place.before) == OLD
    assert place.known()["serves"] is True and not place.known()["phase"]


def test_nothing_moves_where_neither_the_volume_nor_the_copy_holds_a_file(swap: Program, tmp_path: Path) -> None:
    empty = swap.Place(tmp_path)
    empty.clear()
    assert not empty.moves()
    (tmp_path / "x").write_text("")
    assert empty.moves()


@pytest.mark.parametrize(("role", "serves"), [("datacentre", True), ("recovery", False)])
def test_a_volume_that_says_nothing_serves_at_the_data_centre(
    files: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, *, serves: bool
) -> None:
    monkeypatch.setattr(files, "VOLUME", tmp_path)
    host = files.Files({"SERVER": "shop-1", "SERVICE": "shop", "SITE_ROLE": role})
    monkeypatch.setattr(host, "restic", lambda *_: pytest.fail("whoever stands by copies nothing"))
    assert host.serves() is serves
    assert host.wait()["serves"] is False and host.push()["serves"] is False and host.leave()["serves"] is False
    assert host.keep()["serves"] is True
    assert host.bring()["brought"] is None, "where it serves, its files are the newest"


def copy_of(at: str) -> dict[str, str]:
    return {"time": at, "id": at}


@pytest.mark.parametrize(
    ("before", "chosen"),
    [
        ("", "2026-11-30T12:00:00.123456789+02:00"),
        ("2026-11-30T09:59:00+00:00", "2026-11-30T09:30:00Z"),
        ("2026-11-30T12:00:01+02:00", "2026-11-30T12:00:00.123456789+02:00"),
    ],
)
def test_the_newest_copy_is_brought_or_the_newest_before_a_moment(
    files: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str, chosen: str
) -> None:
    monkeypatch.setattr(files, "VOLUME", tmp_path)
    host = files.Files({"SERVER": "shop-1", "SERVICE": "shop", "SITE_ROLE": "recovery", "VAULT_HERE": "192.0.2.1"})
    told = [copy_of("2026-11-30T09:30:00Z"), copy_of("2026-11-30T12:00:00.123456789+02:00")]
    monkeypatch.setattr(host, "restic", lambda *_: json.dumps(told))
    assert host._chosen(before)["id"] == chosen
    with pytest.raises(files.MissingError, match="no copy of shop-1 is in the vault of before 2026"):
        host._chosen("2026-11-30T00:00:00+00:00")


def test_a_vault_says_of_each_server_what_it_keeps_and_that_a_copy_is_spoilt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "vault/files"))
        vault = importlib.import_module("vault")
    monkeypatch.setattr(vault, "FOLDER", tmp_path / "vault")
    monkeypatch.setattr(vault, "STANDING", tmp_path / "standing.json")
    for name in ("shop/shop-1", "shop/shop-2", "half/half-1"):
        (tmp_path / "vault" / name / "snapshots").mkdir(parents=True)
    for name in ("shop-1", "shop-2"):
        (tmp_path / "vault/shop" / name / "config").write_text("x")
        (tmp_path / "vault/shop" / name / "snapshots/one").write_text("xyz")
    asked: list[tuple[str, str]] = []

    def restic(repository: Path, verb: str, *_: str) -> str:
        asked.append((repository.name, verb))
        if (repository.name, verb) == ("shop-2", "check"):
            raise vault.BrokenError("pack 17 is not there")
        return json.dumps([copy_of("2025-11-30T11:00:00Z"), copy_of("2025-11-30T10:00:00Z")])

    monkeypatch.setattr(vault, "restic", restic)
    keeper = vault.Vault(keep_s=3600)
    keeper.round()
    told = json.loads((tmp_path / "standing.json").read_text())
    assert datetime.fromisoformat(told["at"]).tzinfo == UTC
    assert set(told["copies"]) == {"shop"}
    good, spoilt = told["copies"]["shop"]["shop-1"], told["copies"]["shop"]["shop-2"]
    assert (good["newest"], good["count"], good["good"], good["bytes"]) == ("2025-11-30T11:00:00+00:00", 2, True, 4)
    assert (spoilt["good"], spoilt["problem"]) == (False, "pack 17 is not there")
    before = len(asked)
    keeper.round()
    assert len(asked) == before, "what was looked at, and has not changed, is not looked at again"


def test_a_vault_knows_the_key_of_each_service_and_a_service_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = IPv4Address("127.121.0.0")
    where = LabParams(name="t", root=tmp_path / "lab", base_port=17_440, base_address=address, hosts=True)
    credentials.make(where)
    (given,) = credentials.files(where, ["web", "files"], service="shop")
    (kept,) = credentials.files(where, ["vault"], service="watch")
    assert (given["path"], given["permissions"]) == ("/etc/service/files-key", "0600")
    assert (kept["path"], kept["owner"], kept["permissions"]) == ("/etc/service/vault-key", "root:vault", "0640")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROLES / "vault/files"))
        vault = importlib.import_module("vault")
    master = tmp_path / "master"
    master.write_text(kept["content"])
    monkeypatch.setattr(vault, "MASTER", master)
    assert vault.key("shop") == given["content"] != vault.key("other")
    assert kept["content"] not in given["content"]
