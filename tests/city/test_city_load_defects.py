"""Every kind of mistake, alone and all together: each is told with its file, its line and a remedy."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from city.errors import Defect, ExitCode, InvalidCity
from city.load import load
from tests.city.board import Board

APS = "access_points.csv"

TWELVE = [
    pytest.param("services.yaml", "  recovery: cold\n", "  recovrey: cold\n", "'recovrey'", id="unknown key"),
    pytest.param("city.yaml", "threshold: -67 dBm", "threshold: -67 dB", "expected dBm", id="wrong unit"),
    pytest.param(APS, "ap-0012", "ap-0011", "id ap-0011 is taken", id="duplicate"),
    pytest.param(APS, "free,sw-east-01,2", "free,sw-eats-01,2", "'sw-eats-01'", id="dangling reference"),
    pytest.param("networks.yaml", "10.11.64.0/18", "10.10.0.0/17", "overlaps", id="overlapping subnets"),
    pytest.param(APS, "6,20,116,30,free staff,sw-east", "6,27,116,30,free staff,sw-east", "EIRP of 27", id="EIRP"),
    pytest.param("sensors.csv", "west,3.0018", "west,2.9018", "outside the boundary", id="outside the boundary"),
    pytest.param(APS, "sw-west-01,5", "sw-west-01,4", "port 4 of sw-west-01", id="switch port used twice"),
    pytest.param("services.yaml", "[identity]\n", "[identity, job-platform]\n", "circle", id="cycle"),
    pytest.param("services.yaml", "rpo: 1h\n  recovery: pilot", "rpo: 1m\n  recovery: pilot", "rpo 1m", id="RPO"),
    pytest.param("sites.yaml", "en: West district", "en: !!python/name:os.system x", "tags are never", id="YAML tag"),
    pytest.param("wifi.yaml", "vlan: 120", "vlan: 4095", "4095 is out of range", id="VLAN out of range"),
]  # fmt: skip


def found_at(defects: Sequence[Defect], place: tuple[str, int], fragment: str) -> list[Defect]:
    return [d for d in defects if (d.file.name, d.line) == place and fragment in d.problem and d.remedy]


@pytest.mark.parametrize(("file", "old", "new", "fragment"), TWELVE)
def test_one_mistake_is_told_where_it_stands(board: Board, file: str, old: str, new: str, fragment: str) -> None:
    place = board.plant(file, old, new)
    assert found_at(board.defects(), place, fragment), board.defects()


def test_twelve_mistakes_are_told_at_once(board: Board) -> None:
    places = [board.plant(*map(str, param.values[:3])) for param in TWELVE]
    defects = board.defects()
    for param, (file, line) in zip(TWELVE, places, strict=True):
        assert found_at(defects, (file, line), str(param.values[3])), param.id
    assert len(defects) >= len(TWELVE)


def test_an_invalid_city_is_invalid_input(board: Board) -> None:
    board.plant("wifi.yaml", "vlan: 120", "vlan: 0")
    with pytest.raises(InvalidCity) as caught:
        load(board.folder)
    assert caught.value.exit_code is ExitCode.INVALID


def test_an_unreadable_file_does_not_hide_the_others(board: Board) -> None:
    board.plant("services.yaml", "portal:", "portal: [")
    place = board.plant("wifi.yaml", "vlan: 120", "vlan: 5000")
    assert found_at(board.defects(), place, "5000")
    assert any(d.file.name == "services.yaml" and "not YAML" in d.problem for d in board.defects())


def test_an_unreadable_file_breaks_no_reference_to_it(board: Board) -> None:
    (board.folder / "switches.csv").unlink()
    defects = board.defects()
    assert [d.file.name for d in defects] == ["switches.csv"], defects


def test_a_missing_recovery_site_is_told(board: Board) -> None:
    board.plant("sites.yaml", "role: recovery", "role: district")
    assert any("no site of role recovery" in d.problem for d in board.defects())


def test_a_flavour_smaller_than_its_image_is_told(board: Board) -> None:
    board.plant("platform.yaml", "min_disk: 1 GB", "min_disk: 2 GB")
    assert any("image base needs 2 GB" in d.problem for d in board.defects())


@pytest.mark.parametrize("cidr", ["10.10.0.8/30", "10.10.0.10/31", "10.10.0.11/32"])
def test_a_network_too_small_for_its_devices_hides_no_other_defect(board: Board, cidr: str) -> None:
    small = board.plant("networks.yaml", "10.10.0.0/22", cidr)
    other = board.plant("wifi.yaml", "vlan: 120", "vlan: 5000")
    assert [(d.file.name, d.line) for d in board.defects()] == [small, other]


def test_two_currencies_are_told_at_the_second(board: Board) -> None:
    place = board.plant("cost.yaml", "2025-01-01\n  currency: EUR", "2025-01-01\n  currency: USD")
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == place
    assert "EUR" in defect.problem and defect.remedy == "Give both in one currency."


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("city.yaml", "EPSG:32631", "EPSG:99999", id="no such reference system"),
        pytest.param("city.yaml", "  crs: EPSG:32631\n", "", id="no reference system"),
        pytest.param("population.csv", "500000,100000", "5OO000,100000", id="no corner"),
    ],
)
def test_a_square_that_cannot_be_drawn_breaks_no_second_rule(board: Board, file: str, old: str, new: str) -> None:
    board.plant(file, old, new)
    assert [d.file.name for d in board.defects()] == [file]


@pytest.mark.parametrize("position", ["[]", ""])
def test_a_position_of_nothing_is_told_once(board: Board, position: str) -> None:
    board.plant("sites.yaml", "position: [3.00449, 0.91378]", f"position: {position}")
    assert ["pair of degrees" in d.problem for d in board.defects()] == [True]


@pytest.mark.parametrize("column", ["channel_6GHz", "eirp_6GHz_dbm", "radio_6GHz"])
def test_a_radio_at_6_ghz_is_refused_with_the_reason_and_an_empty_column_of_it_is_not(
    board: Board, column: str
) -> None:
    file = board.folder / "access_points.csv"
    head, first, *others = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([f"{head},{column}", f"{first},", *(f"{row}," for row in others), ""]), encoding="utf-8")
    load(board.folder)
    file.write_text(
        "\n".join([f"{head},{column}", f"{first},37", *(f"{row}," for row in others), ""]), encoding="utf-8"
    )
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == (file.name, 2)
    assert "outdoors to portable devices alone" in defect.problem and "Empty the cell" in defect.remedy


def test_an_unknown_key_is_answered_with_the_nearest(board: Board) -> None:
    file, line = board.plant("services.yaml", "  owner: Example ICT\n", "  owwner: Example ICT\n")
    (defect,) = [d for d in board.defects() if "unknown key" in d.problem]
    assert (defect.file.name, defect.line, defect.remedy) == (file, line, "Did you mean 'owner'?")


def test_a_longer_circle_is_told_once(board: Board) -> None:
    board.plant("services.yaml", "  recovery: active\n", "  recovery: active\n  depends_on: [job-platform]\n")
    circles = [d.problem for d in board.defects() if "circle" in d.problem]
    assert circles == [
        "portal: services depend on each other in a circle: portal -> identity -> job-platform -> portal"
    ]


def test_no_folder_is_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such folder"):
        load(tmp_path / "nowhere")
