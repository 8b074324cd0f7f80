import shutil
from pathlib import Path

import pytest

from city.draft import draft, write_draft
from city.errors import Failed, InvalidCity, Refused
from city.load import load


@pytest.fixture
def folder(thessaloniki: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(thessaloniki, tmp_path / "city"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_files_are_what_the_draft_gives(thessaloniki: Path) -> None:
    for name, text in draft(thessaloniki).items():
        assert (thessaloniki / name).read_text(encoding="utf-8") == text, f"{name} was changed by hand"


@pytest.mark.slow
def test_another_seed_gives_another_city_that_is_valid(folder: Path) -> None:
    before = load(folder)
    change(folder / "draft.yaml", "thessaloniki-1", "thessaloniki-2")
    assert {path.name for path in write_draft(folder)} == {"switches.csv", "access_points.csv", "sensors.csv"}
    after = load(folder)
    assert len(after.access_points) == len(before.access_points)
    assert after.access_points != before.access_points


@pytest.mark.slow
def test_a_draft_with_more_switches_than_a_hundred_addresses_is_valid(folder: Path) -> None:
    change(folder / "draft.yaml", "access_points_per_switch: 16", "access_points_per_switch: 1")
    change(folder / "draft.yaml", "count: 430, separation: 60 m", "count: 1500, separation: 40 m")
    write_draft(folder)
    city = load(folder)
    assert len(city.access_points) == 1500
    assert max(sum(switch.site == site.id for switch in city.switches) for site in city.sites) > 100


def test_what_was_surveyed_is_not_overwritten(folder: Path) -> None:
    path = folder / "access_points.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[7] = lines[7].replace("planned", "installed")
    path.write_text("\n".join(lines), encoding="utf-8")
    kept = {file.name: file.read_bytes() for file in folder.glob("*.csv")}
    with pytest.raises(Refused, match=r"access_points\.csv:8: ap-0007 is installed"):
        write_draft(folder)
    assert {file.name: file.read_bytes() for file in folder.glob("*.csv")} == kept


@pytest.mark.slow
def test_a_draft_that_is_wrong_tells_where(folder: Path) -> None:
    change(folder / "draft.yaml", "separation: 60 m", "separation: 60")
    with pytest.raises(InvalidCity) as caught:
        draft(folder)
    assert [(d.file.name, d.line) for d in caught.value.defects] == [("draft.yaml", 3)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        pytest.param("draft.yaml", "separation: 60 m", "separation: 400 m", "no room", id="points too far apart"),
        pytest.param("networks.yaml", "management, vlan: 900, cidr: 10.24.0.0/21", "iot, vlan: 9, cidr: 10.24.0.0/21",
                     "no network of purpose management", id="no addresses"),
        pytest.param("networks.yaml", "10.24.0.0/21", "10.24.0.0/25", "too small", id="too few addresses"),
        pytest.param("sites.yaml", "role: datacentre", "role: recovery", "no site of role datacentre", id="no centre"),
        pytest.param("sites.yaml", "role: district", "role: recovery", "no site of role district", id="no districts"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_is_refused(folder: Path, file: str, old: str, new: str, problem: str) -> None:
    change(folder / file, old, new)
    with pytest.raises(Failed, match=problem):
        draft(folder)
