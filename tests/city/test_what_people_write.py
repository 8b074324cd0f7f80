"""What people and their programs leave in a city's files: read where it is certain, else one defect where it stands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asty.city_data import load
from city.load.encoding import is_greek
from city.load.kinds import ADDRESS, DATE, MONEY, TIME_ZONE, Kind, Unreadable, number, whole
from tests.city.board import Board

Rewrite = Callable[[str], str | bytes]


def rewritten(board: Board, file: str, how: Rewrite) -> None:
    path = board.folder / file
    found = how(path.read_bytes().decode("utf-8"))
    path.write_bytes(found if isinstance(found, bytes) else found.encode("utf-8"))


def rows(how: Callable[[str], str]) -> Rewrite:
    """The same with each line of the file."""
    return lambda text: "".join(f"{how(line)}\n" for line in text.splitlines())


def quoted(line: str) -> str:
    return ",".join(f'"{cell}"' for cell in line.split(","))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "how"),
    [
        pytest.param("sensors.csv", lambda t: t.replace("\n", "\r\n"), id="lines of Windows"),
        pytest.param("sensors.csv", lambda t: t.replace("\n", "\r"), id="lines of an old Mac"),
        pytest.param("sensors.csv", lambda t: t.encode("utf-8-sig"), id="a byte order mark"),
        pytest.param("sensors.csv", rows(quoted), id="each cell in quotes"),
        pytest.param("sensors.csv", lambda t: f"{t},,,,,\n\n , , , , , \n", id="rows of empty cells"),
        pytest.param("sensors.csv", lambda t: f"\n\n{t}", id="blank lines first"),
        pytest.param("sensors.csv", lambda t: t.rstrip("\n"), id="no end of the last line"),
        pytest.param("sensors.csv", lambda t: t.replace("planned\n", "planned,,\n"), id="commas after the last cell"),
        pytest.param("sensors.csv", lambda t: t.replace("3.0018", "\u00a03.0018 "), id="blanks around a cell"),
        pytest.param("sensors.csv", lambda t: f"sep=,\n{t}", id="the word to spreadsheets"),
        pytest.param("services.yaml", lambda t: t.replace("\n", "\r\n"), id="YAML with lines of Windows"),
        pytest.param("services.yaml", lambda t: t.encode("utf-8-sig"), id="YAML with a byte order mark"),
        pytest.param("services.yaml", lambda t: t.replace("tier: 1", "tier: !!int 1"), id="a tag of numbers"),
        pytest.param("services.yaml", lambda t: t.replace("tier: 1", "tier: &one 1", 1), id="an anchor"),
        pytest.param("services.yaml", lambda t: t.replace("tier: 1", "'tier': \"1\""), id="quotes"),
        pytest.param("boundary.geojson", lambda t: t.encode("utf-8-sig"), id="GeoJSON with a byte order mark"),
        pytest.param("boundary.geojson", lambda t: t.replace("0.904731\n", "0.904731, 12.5\n"), id="heights"),
        pytest.param("boundary.geojson", lambda t: t.replace('"Polygon"', '"Polygon", "crs": null'), id="no system"),
        pytest.param("cost.yaml", lambda t: t.replace("40000.00", "+40000"), id="an amount with a plus"),
        pytest.param("services.yaml", lambda t: t.replace("06:00-22:00", "00:00-24:00"), id="a day that ends at 24:00"),
    ],
)  # fmt: skip
def test_what_is_certain_is_read(board: Board, file: str, how: Rewrite) -> None:
    before = load(board.folder)
    rewritten(board, file, how)
    after = load(board.folder)
    assert after.fingerprint != before.fingerprint
    assert (after.sensors, after.boundary, after.population) == (before.sensors, before.boundary, before.population)


RING = '"coordinates": ['
WHOLE = "[[3.0, 0.9], [3.02, 0.9], [3.02, 0.93], [3.0, 0.93], [3.0, 0.9]]"


def outline(*rings: str, kind: str = "Polygon") -> Rewrite:
    return lambda _: f'{{"type": "{kind}", "coordinates": [{", ".join(rings)}]}}'


TABLES = (
    ("sensors.csv", 1, lambda t: t.encode("utf-16"), "UTF-16", "UTF-16"),
    ("sensors.csv", 1, lambda t: t.encode("utf-16-le"), "UTF-16", "UTF-16 without its mark"),
    ("sensors.csv", 1, lambda t: t.encode("utf-32"), "UTF-16 or UTF-32", "UTF-32"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "é").encode("latin-1"), "not UTF-8", "Latin-1"),
    ("sensors.csv", 1, rows(lambda line: line.replace(",", ";")), "by semicolons", "semicolons"),
    ("sensors.csv", 1, rows(lambda line: line.replace(",", "|")), "by bars", "bars"),
    ("sensors.csv", 2, lambda t: t.replace(",", ";").replace(";", ",", 5), "1 cell", "semicolons below the header"),
    ("sensors.csv", 2, lambda t: t.replace(",", ";").replace(";", ",", 5), "so have 5 more rows", "and how many rows"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", '"pole-0001'), "not CSV", "a quote that never ends"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", 'po"le-0001'), "is not lower-case", "a quote inside"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", '"pole\r\n-0001"'), "is not lower", "a line in a cell"),
    ("sensors.csv", 1, rows(lambda line: f"{line},,,"), "3 of the columns at the end", "columns without a name"),
    ("sensors.csv", 3, lambda t: t.replace("pole-0002", "pole-0001"), "is taken already", "one id twice"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "pole\u200b-0001"), "Zero Width Space", "no width"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "\u0440\u0435"), "Cyrillic Small Letter Er", "an id"),
    ("sensors.csv", 2, lambda t: t.replace("light-pole", "light-pol\u0435", 1), "Cyrillic Small Letter Ie", "a kind"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "Jan-24"), "is not lower-case", "a date that was none"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "pole\u2028-0001"), "Line Separator", "no line end"),
    ("sensors.csv", 2, lambda t: t.replace("pole-0001", "p" * 200_000), "field larger", "a cell without an end"),
)  # fmt: skip
NUMBERS = (
    ("population.csv", ",900,", ",1\u00a0900,", "No-Break Space", "thousands parted by a blank"),
    ("population.csv", ",900,", ",1\u202f900,", "Narrow No-Break Space", "by a narrow one"),
    ("population.csv", ",900,", ",1.900,", "Write 1900 or 1.9000.", "by a point"),
    ("population.csv", ",900,", ',"1,900",', "Write 1900 or 1.9000.", "by a comma"),
    ("population.csv", ",900,", ',"900,5",', "Write 900.5.", "a decimal comma"),
    ("population.csv", "500000,100000", "500.000,100000", "Write 500000 or 500.0000.", "a coordinate with a point"),
    ("population.csv", "100000,1000,", "100000,1.000,", "Write 1000 or 1.0000.", "a size with a point"),
    ("population.csv", "500000,100000", "5.00E+05,100000", "Write all of its digits.", "an exponent"),
    ("population.csv", ",900,", ",inf,", "not a number", "infinity"),
    ("population.csv", ",900,", ",NaN,", "not a number", "no number"),
    ("population.csv", ",900,", ",#N/A,", "not a number", "what a spreadsheet could not find"),
    ("population.csv", ",900,", ",\u2212900,", "Minus Sign", "a minus sign"),
    ("population.csv", ",900,", ",\uff19\uff10\uff10,", "Fullwidth Digit Nine", "wide digits"),
    ("population.csv", ",900,", ",\u0669\u0660\u0660,", "Arabic-Indic Digit Nine", "Arabic digits"),
    ("population.csv", ",900,", ",0900,", "octal", "a leading zero"),
    ("population.csv", "900,1.0", "900,100%", "wrong unit", "a percentage"),
    ("city.yaml", "-67 dBm", "-67,5 dBm", "Write -67.5 dBm.", "a decimal comma before a unit"),
    ("platform.yaml", "512 MB", "512\u00a0GB", "No-Break Space", "the wrong unit behind an odd blank"),
    ("networks.yaml", "vlan: 10,", "vlan: 010,", "octal", "octal"),
    ("networks.yaml", "vlan: 10,", "vlan: 0xA,", "not a whole number", "hexadecimal"),
    ("networks.yaml", "vlan: 10,", "vlan: 1:30,", "not a whole number", "sexagesimal"),
    ("networks.yaml", "vlan: 10,", "vlan: 1_0,", "not a whole number", "an underscore"),
    ("networks.yaml", "vlan: 10,", "vlan: 10.0,", "not a whole number", "a fraction of nothing"),
    ("networks.yaml", "10.1.0.0/24", "10.01.0.0/24", "not an IPv4 network", "octal in an address"),
    ("city.yaml", "10.1.3.9", "224.0.0.1", "one host", "an address of many"),
    ("city.yaml", "10.1.3.9", "240.0.0.1", "one host", "an address of nobody"),
    ("city.yaml", "10.1.3.9", "10.1.3.9:514", "one host", "an address with a port"),
    ("city.yaml", "[10.1.3.8]", "[10.1.3.8, 10.1.3.8]", "twice", "one server twice"),
    ("access_points.csv", "free staff", "free free", "names 'free' twice", "one SSID twice"),
    ("cost.yaml", "40000.00, upper", "(40000.00), upper", "not a number", "an amount in brackets"),
    ("cost.yaml", "40000.00, upper", "40000.00-, upper", "wrong unit", "a minus behind"),
    ("cost.yaml", "40000.00, upper", "€40000.00, upper", "Euro Sign", "a sign of money"),
    ("cost.yaml", "40000.00, upper", "40'000.00, upper", "wrong unit", "apostrophes"),
    ("cost.yaml", "40000.00, upper", "4e4, upper", "with an exponent", "an exponent in money"),
    ("cost.yaml", "40000.00, upper", "12.3456, upper", "more than two decimals", "parts of a cent"),
    ("cost.yaml", "40000.00, upper", "0.125, upper", "more than two decimals", "an eighth"),
    ("cost.yaml", "40000.00, upper", "40.000, upper", "two amounts", "thousands"),
    ("cost.yaml", "actual:\n", "actaul:\n", "Did you mean 'actual'?", "a period that would be none"),
    ("cost.yaml", "currency: EUR", "currency: €", "Euro Sign", "a currency by its sign"),
)  # fmt: skip
TIMES = (
    ("broadband.csv", "2024-12-31", "31/12/2024", "is not a date", "day before month"),
    ("broadband.csv", "2024-12-31", "20241231", "is not a date", "no hyphens"),
    ("broadband.csv", "2024-12-31", "2024-W52-2", "is not a date", "a week"),
    ("broadband.csv", "2024-12-31", "2023-02-29", "is not a date", "a leap day of no leap year"),
    ("broadband.csv", "2024-12-31", "45657", "is not a date", "a spreadsheet's day"),
    ("city.yaml", "time_zone: UTC", "time_zone: localtime", "IANA", "the machine's zone"),
    ("city.yaml", "time_zone: UTC", "time_zone: right/UTC", "IANA", "leap seconds"),
    ("city.yaml", "time_zone: UTC", "time_zone: +02:00", "IANA", "an offset"),
    ("city.yaml", "time_zone: UTC", "time_zone: Europe", "IANA", "a continent"),
    ("city.yaml", "series: 730d", "series: 999999d", "more than a century", "for ever"),
    ("services.yaml", "06:00-22:00", "06:00-24:30", "no such time", "after midnight"),
    ("services.yaml", "06:00-22:00", "06:00\u201322:00", "En Dash", "a dash"),
    ("services.yaml", "06:00-22:00", "6:00-22:00", "not service hours", "an hour of one digit"),
    ("services.yaml", "rto: 1h", "rto: PT1H", "not a duration", "a duration of ISO 8601"),
    ("services.yaml", "rto: 1h", "rto: 1.5h", "not a duration", "a part of an hour"),
)  # fmt: skip
TREES = (
    ("services.yaml", "  tier: 1\n", "  tier: 1\n  'tier': 1\n", "given twice", "one key twice"),
    ("services.yaml", "[identity]", "&all [*all]", "alias", "a list of itself"),
    ("services.yaml", "Example ICT", "!!binary aGVsbG8=", "!!binary", "a tag"),
    ("services.yaml", "  tier: 1", "\ttier: 1", "is a Tab", "a tab"),
    ("services.yaml", "tier: 1", "tier: \ufeff1", "Zero Width No-Break Space", "a byte order mark inside"),
    ("services.yaml", "Example ICT", '"a\\0b"', "is a Nul", "NUL"),
    ("services.yaml", "Example ICT", '"a\\e[2Jb"', "U+001B", "an escape"),
    ("services.yaml", "Example ICT", "Example\u00a0ICT", "No-Break Space", "a blank that does not break"),
    ("services.yaml", "Example ICT", "|\n    a\n    b", "Line Break", "two lines"),
    ("services.yaml", "Example ICT", "Example: ICT", "not YAML", "a colon"),
    ("wifi.yaml", "EXAMPLE-STAFF", "EXAMPLE-FREE", "name EXAMPLE-FREE is taken already", "one name on air twice"),
    ("wifi.yaml", "isolated: false", "isolated: no", "neither true nor false", "a word for false"),
    ("wifi.yaml", "isolated: false", "isolated: False", "neither true nor false", "false with a capital"),
    ("service_points.yaml", "library:\n", "~:\n", "is not lower-case", "nothing for a name"),
    ("platform.yaml", "file:images/base.raw", f"file:{'a' * 400}", "no file of the city", "a name too long"),
    ("platform.yaml", "file:images/base.raw", "file:///etc/passwd", "no file of the city", "a file of the machine"),
    ("platform.yaml", "file:images/base.raw", "https://", "no address", "an address of nobody"),
    ("platform.yaml", "file:images/base.raw", "https://a b/", "no address", "a blank in an address"),
    ("platform.yaml", "file:images/base.raw", "https://me:word@host/", "name or password", "a password"),
    ("platform.yaml", "file:images/base.raw", "https://[::1/x", "no address", "half a bracket"),
    ("sites.yaml", "[3.00899, 0.91378]", "[3.00899]", "not a pair", "half a position"),
    ("sites.yaml", "[3.00899, 0.91378]", "[3.00899, 0.91378, 12]", "not a pair", "a position with a height"),
)  # fmt: skip
OUTLINES = (
    (outline(WHOLE, "[[4.0, 0.9], [4.01, 0.9], [4.01, 0.91], [4.0, 0.9]]"), "Hole lies outside", "a hole outside"),
    (outline("[[3.0, 0.9], [3.02, 0.93], [3.02, 0.9], [3.0, 0.93], [3.0, 0.9]]"), "cross", "lines that cross"),
    (outline("[[3.0, 0.9], [3.02, 0.9], [3.0, 0.9], [3.0, 0.9]]"), "cross", "no area"),
    (outline("[[3.0, 0.9], [3.02, 0.9], [3.02, 0.93], [3.0, 0.93]]"), "not closed", "not closed"),
    (outline(f"[{WHOLE}]", f"[{WHOLE}]", kind="MultiPolygon"), "cross or touch", "one part twice"),
    (outline("[[179.9, 0], [-179.9, 0], [-179.9, 0.1], [179.9, 0.1], [179.9, 0]]"), "spans 359.8", "the antimeridian"),
    (outline(WHOLE.replace("[3.0, 0.9]", "[true, false]")), "not a longitude", "truth for degrees"),
    (outline(WHOLE.replace("3.0,", '"3.0",')), "not a longitude", "words for degrees"),
    (outline(WHOLE.replace("3.02", "9" * 5000)), "not a longitude", "five thousand digits"),
    (outline(WHOLE.replace("3.02", "1e999")), "not a longitude", "infinity"),
    (outline(WHOLE.replace("3.02", "NaN")), "NaN is not", "no number"),
    (outline(WHOLE.replace("3.02", "180.5")), "not a longitude", "beyond the meridian"),
    (outline(WHOLE.replace("0.93", "90.5")), "not a longitude", "beyond the pole"),
    (outline(kind="MultiPolygon"), "incomplete", "nothing"),
    (lambda _: '{"type": "Point", "type": "Polygon"}', "'type' is given twice", "a key twice"),
    (lambda _: '{"type": "GeometryCollection", "geometries": []}', "no Polygon", "a collection"),
    (lambda _: '{"type": "Feature", "geometry": null}', "no Polygon", "no geometry"),
    (lambda _: '{"type": "FeatureCollection", "features": []}', "exactly one", "no feature"),
    (lambda _: "[" * 100_000, "no boundary", "a hundred thousand brackets"),
    (lambda _: "<kml/>", "not JSON", "another format"),
    (lambda t: f"{t.strip()}\n{{}}", "not JSON", "two documents"),
)  # fmt: skip


def one_defect(board: Board, file: str, line: int, fragment: str) -> None:
    """One, at its place; more may only repeat it for the cell beside it."""
    found = board.defects()
    told = [f"{defect.file.name}:{defect.line}: {defect.problem}. {defect.remedy}" for defect in found]
    assert len(found) == 1, told
    assert told[0].startswith(f"{file}:{line}: ") and fragment in told[0], told
    assert str(found[0]).isprintable()


@pytest.mark.parametrize(("file", "line", "how", "fragment"), [pytest.param(*row, id=name) for *row, name in TABLES])
def test_a_table_that_is_none_is_one_defect(board: Board, file: str, line: int, how: Rewrite, fragment: str) -> None:
    rewritten(board, file, how)
    one_defect(board, file, line, fragment)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "fragment"),
    [pytest.param(*row, id=name) for *row, name in (*NUMBERS, *TIMES, *TREES)],
)
def test_what_is_not_certain_is_one_defect(board: Board, file: str, old: str, new: str, fragment: str) -> None:
    _, line = board.plant(file, old, new)
    one_defect(board, file, line, fragment)


@pytest.mark.slow
@pytest.mark.parametrize(("how", "fragment"), [pytest.param(*row, id=name) for *row, name in OUTLINES])
def test_an_outline_that_is_none_is_one_defect(board: Board, how: Rewrite, fragment: str) -> None:
    rewritten(board, "boundary.geojson", how)
    text = (board.folder / "boundary.geojson").read_text(encoding="utf-8")
    one_defect(board, "boundary.geojson", 1 if fragment != "not JSON" else text.count("\n") + 1, fragment)


@pytest.mark.parametrize(
    ("greek", "certain"),
    [
        pytest.param("Άνω Πόλη", True, id="an accent at its word"),
        pytest.param("Πόλη του Άν", True, id="in a short word"),
        pytest.param("Πόλη του \u201921", False, id="an apostrophe of ISO 8859-7 before a number"),
        pytest.param("Πόλη, \u2019κεί", False, id="one before a word"),
        pytest.param("\u2018Πόλη\u2019", False, id="quotes of ISO 8859-7"),
        pytest.param("Πόλη \u2019ΔΦΓΛ", False, id="one before capitals"),
        pytest.param("Πόλη Ά", False, id="a letter alone"),
    ],
)
def test_what_two_greek_encodings_read_otherwise_is_certain_as_an_accent_alone(greek: str, *, certain: bool) -> None:
    """0xA1, 0xA2: quotes in ISO 8859-7, dialytika with tonos and capital alpha with tonos in Windows-1253."""
    written = "cp1253" if certain or "Ά" in greek else "iso8859-7"
    assert is_greek(greek.encode(written).decode("cp1253")) is certain


def test_devices_without_a_management_network_are_one_defect_at_their_site(board: Board) -> None:
    board.plant(
        "networks.yaml", "west-management: {site: west, purpose: management, vlan: 900, cidr: 10.10.0.0/22}\n", ""
    )
    (defect,) = board.defects()
    assert (defect.file.name, "no network of purpose management" in defect.problem) == ("sites.yaml", True)


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_the_word_to_spreadsheets_names_the_separator(board: Board, sign: str, name: str) -> None:
    """Also where the header is not in it."""
    rewritten(board, "sensors.csv", lambda text: f"sep={sign}\n{text.replace(',', sign)}")
    one_defect(board, "sensors.csv", 1, f"separated by {name}")


@given(st.integers(-(10**8), 10**8), st.sampled_from(["{:d}", "{:d}.0", "{:+d}", " {:d}"]))
def test_a_whole_amount_is_read_as_it_is_written_or_refused(value: int, form: str) -> None:
    text = form.format(value).strip()
    try:
        assert MONEY.read(text) == value
    except Unreadable:
        assert text.startswith("+0") or len(text) > 12
    assert str(MONEY.read("-0.00")) == "0.00" and str(number(-1, 1).read("-0")) == "0.0"


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_number_is_never_read_as_another(value: float) -> None:
    """In whatever way a program writes it: plain, with groups, with a comma, with an exponent."""
    count = number(0, 1e9)
    for text in (f"{value:.3f}", f"{value:,.2f}", f"{value:,.0f}", f"{value:.3f}".replace(".", ","), f"{value:e}"):
        try:
            found = count.read(text)
        except Unreadable:
            continue
        assert found == pytest.approx(value, abs=0.51 if "." not in text else 0.006)


@pytest.mark.parametrize("kind", [number(0, 9), whole(0, 9), MONEY, DATE, ADDRESS, TIME_ZONE])
@given(text=st.text(max_size=12))
def test_whatever_is_written_is_read_or_refused_with_a_remedy(kind: Kind[object], text: str) -> None:
    remedy = ""
    try:
        kind.read(text)
    except Unreadable as refused:
        remedy = refused.remedy
    assert remedy.endswith(".") or remedy == ""


def test_the_page_says_how_a_number_is_written() -> None:
    page = (Path(__file__).parents[2] / "docs" / "city-data.md").read_text(encoding="utf-8")
    assert "1.900" in page and "octal" in page
