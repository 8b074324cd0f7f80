"""Tables and files as spreadsheets, map programs and people leave them: read where that is certain, else named once."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from asty.city_data import load
from city.load.encoding import decoded_twice, is_greek
from city.load.kinds import MONEY, SLUG, TEXT, Unreadable, number
from tests.city.board import Board


def problems(board: Board) -> list[str]:
    return [f"{d.file.name}:{d.line}: {d.problem}" for d in board.defects()]


def rewrite(file: Path, text: str, encoding: str = "utf-8") -> None:
    file.write_bytes(text.encode(encoding))


@pytest.mark.parametrize("text", ["30.000", "1.755.000,00", "1,755,000.00", "1234.567", "-30.000", "30,000"])
def test_an_amount_that_can_be_read_as_two_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="can be read as two amounts"):
        MONEY.parse(text)


@pytest.mark.parametrize("text", ["30.50", "30000", "30000.00", "0", "-120.00", "30.5"])
def test_an_amount_that_is_certain_is_read_and_a_credit_is_negative(text: str) -> None:
    assert MONEY.parse(text) == Decimal(text)


def test_the_remedy_of_thousands_says_what_to_write() -> None:
    with pytest.raises(Unreadable) as caught:
        MONEY.parse("1.755.000,50")
    assert caught.value.remedy.startswith("Write 1755000.50 ")


def test_a_decimal_comma_is_named_with_what_to_write() -> None:
    with pytest.raises(Unreadable, match="decimal comma") as caught:
        number(0, 90).parse("40,6401")
    assert caught.value.remedy == "Write 40.6401."


def test_a_credit_line_is_a_part_of_a_bill(board: Board) -> None:
    text = (board.folder / "cost.yaml").read_text(encoding="utf-8")
    lower = text.index("lower: ")
    end = text.index("upper: ", lower)
    end = min(place for place in (text.find(mark, end) for mark in (",", "}", "\n")) if place > 0)
    rewrite(board.folder / "cost.yaml", f"{text[:lower]}lower: -120.00, upper: -120.00{text[end:]}")
    load(board.folder)


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_with_other_separators_is_one_defect_that_names_them(board: Board, sign: str, name: str) -> None:
    file = board.folder / "sensors.csv"
    rewrite(file, file.read_text(encoding="utf-8").replace(",", sign), "utf-8-sig")
    assert [p for p in problems(board) if "sensors.csv" in p] == [f"sensors.csv:1: the columns are separated by {name}"]


def test_rows_of_empty_cells_and_the_word_to_spreadsheets_are_passed_over(board: Board) -> None:
    file = board.folder / "sensors.csv"
    before, text = load(board.folder).sensors, file.read_text(encoding="utf-8")
    rewrite(file, "sep=,\n" + text + ",,,,,\n , ,,,,\n")
    assert load(board.folder).sensors == before


def test_empty_columns_at_the_end_are_named_once(board: Board) -> None:
    file = board.folder / "sensors.csv"
    rewrite(file, file.read_text(encoding="utf-8").replace("\n", ",,\n"))
    assert problems(board) == ["sensors.csv:1: 2 of the columns at the end have no name"]


def test_a_boundary_in_another_system_is_refused_by_name_with_the_way_out(board: Board) -> None:
    file = board.folder / "boundary.geojson"
    outline = json.loads(file.read_text(encoding="utf-8"))
    for name, is_ours in (("urn:ogc:def:crs:EPSG::4121", False), ("urn:ogc:def:crs:OGC:1.3:CRS84", True)):
        outline["crs"] = {"type": "name", "properties": {"name": name}}
        rewrite(file, json.dumps(outline))
        if is_ours:
            load(board.folder)
            continue
        [defect] = [d for d in board.defects() if d.file == file]
        assert name in defect.problem
        assert "ogr2ogr -t_srs EPSG:4326" in defect.remedy


def test_swapped_axes_are_one_defect(board: Board) -> None:
    file = board.folder / "sensors.csv"
    header, *rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    lon, lat = header.index("lon"), header.index("lat")
    for row in rows:
        row[lon], row[lat] = row[lat], row[lon]
    rewrite(file, "\n".join(",".join(row) for row in (header, *rows)) + "\n")
    [only] = problems(board)
    assert only.startswith("sensors.csv:2: ")
    assert f"longitude and latitude are swapped, and in {len(rows) - 1} more places" in only


@pytest.mark.parametrize("text", ["[" * 50_000, "a: " + "{b: " * 50_000, "- " * 50_000, "a: " + "[" * 200 + "]" * 200])
def test_fifty_thousand_brackets_are_a_defect_and_no_crash(board: Board, text: str) -> None:
    rewrite(board.folder / "wifi.yaml", text)
    assert any("wifi.yaml:1: values are nested more than" in p for p in problems(board))


@pytest.mark.parametrize(
    ("text", "greek"),
    [
        ("id,name\n1,Πλατεία Αριστοτέλους\n2,ΟΔΟΣ\n", True),
        ("Café, déjà vu", False),
        ("Улица Ленина, площадь", False),
        ("Straße", False),
    ],
)
def test_windows_1253_is_read_only_where_it_is_certain(text: str, *, greek: bool) -> None:
    encoding = "cp1253" if greek else "cp1251" if "Улица" in text else "cp1252"
    assert is_greek(text.encode(encoding).decode("cp1253", "replace")) is greek


def test_a_table_in_windows_1253_is_read_and_another_is_named(board: Board) -> None:
    file = board.folder / "sensors.csv"
    text = file.read_text(encoding="utf-8")
    rewrite(file, text.replace("id,", "id,Περιγραφή,", 1), "cp1253")
    assert "unknown column 'Περιγραφή'" in problems(board)[0]
    rewrite(file, text.replace("id,", "id,Größe,", 1), "cp1252")
    assert problems(board) == ["sensors.csv:1: the text is not UTF-8"]
    rewrite(file, text, "utf-16")
    assert problems(board) == ["sensors.csv:1: the text is UTF-16 or UTF-32, or no text at all"]


@pytest.mark.parametrize("codec", ["cp1252", "cp1253"])
def test_text_that_was_decoded_twice_is_named_with_what_was_meant(codec: str) -> None:
    meant = "Πύλη"
    broken = "".join(bytes([b]).decode(codec, "ignore") or chr(b) for b in meant.encode())
    assert decoded_twice(broken) == meant
    with pytest.raises(Unreadable, match="decoded twice"):
        TEXT.parse(broken)
    assert TEXT.parse(meant) == meant


def test_a_letter_of_another_alphabet_in_a_key_is_named(board: Board) -> None:
    omicron = "\N{GREEK SMALL LETTER OMICRON}"
    with pytest.raises(Unreadable, match=r"character 2 of .* is a Greek Small Letter Omicron"):
        SLUG.read(f"p{omicron}rtal")
    board.plant("services.yaml", "  recovery: cold\n", f"  rec{omicron}very: cold\n")
    assert any("Greek Small Letter Omicron" in p for p in problems(board))


def test_a_key_with_control_characters_is_shown_as_such(board: Board) -> None:
    board.plant("services.yaml", "portal:\n", '"por\\ethal\\nfine.yaml:1: nothing": \n')
    told = [str(defect) for defect in board.defects()]
    assert any("^[" in line for line in told)
    assert all(line.isprintable() for line in told)
