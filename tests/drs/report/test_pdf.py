"""The report as a PDF for everybody: tagged, in its language, with nothing from elsewhere, and the same each time."""

import re
import subprocess
import sys
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from weasyprint import HTML

from asty.letters import LETTERS
from drs.report.page import page
from drs.report.pdf import PACKAGES, NoLetters, pdf
from drs.report.words import Code, say
from tests.drs.report.test_facts import IDENTITY, after, told

pytestmark = pytest.mark.slow
HEAD = "f" * 64
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel."""


@pytest.fixture(scope="module")
def printed() -> dict[Code, bytes]:
    return {language: pdf(page(told(*IDENTITY), language), HEAD) for language in ("el", "en")}


def plain(made: bytes) -> bytes:
    """The file with what it holds packed (ISO 32000-1, 7.5.7: objects, and 7.4.4: streams) as plain text after it."""
    return b"\n".join([made, *_unpacked(made)])


def _unpacked(made: bytes) -> Iterator[bytes]:
    for packed in re.findall(rb"stream\n(.*?)\nendstream", made, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(packed)


def structure(made: bytes) -> list[str]:
    """The kinds of the structure's elements (ISO 32000-1, 14.7.2)."""
    return [kind.decode() for kind in re.findall(rb"/StructElem\s*/S\s*/(\w+)", plain(made))]


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_pdf_says_its_language_and_its_title_and_that_it_is_tagged(
    printed: dict[Code, bytes], language: Code
) -> None:
    made = plain(printed[language])
    assert re.search(rb"/Lang\s*\(" + language.encode() + rb"\)", made)
    assert re.search(rb"/MarkInfo\s*<</Marked true>>", made)
    assert re.search(rb"/DisplayDocTitle true", made)
    title = say("title", language).encode("utf-16-be").hex().encode()
    assert title in made or say("title", language).encode() in made
    assert b'pdfuaid:part="1"' in made


def test_headings_lists_and_tables_are_tagged_as_what_they_are(printed: dict[Code, bytes]) -> None:
    html, kinds = page(told(*IDENTITY), "el"), structure(printed["el"])
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == html.count("<h2>")
    assert kinds.count("Table") >= html.count("<table>") == 2, "a table goes on, with its head, on the next page"
    assert kinds.count("TH") >= html.count("<th ")
    assert kinds.count("TD") == html.count("<td")
    assert kinds.count("LI") >= html.count("<li>")


def test_the_cells_of_a_table_name_their_headers(printed: dict[Code, bytes]) -> None:
    """So a reader says "Time promised" before the time (ISO 14289-1, 7.5)."""
    made = plain(printed["el"])
    assert len(re.findall(rb"/Headers \[", made)) == structure(printed["el"]).count("TD")


def test_the_same_journal_makes_the_same_bytes_in_another_process(printed: dict[Code, bytes], tmp_path: Path) -> None:
    html, out = tmp_path / "page.html", tmp_path / "page.pdf"
    html.write_text(page(told(*IDENTITY), "el"), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from drs.report.pdf import pdf;"
        f"Path(sys.argv[2]).write_bytes(pdf(Path(sys.argv[1]).read_text(encoding='utf-8'), {HEAD!r}))"
    )
    subprocess.run([sys.executable, "-c", code, str(html), str(out)], check=True, cwd=Path(__file__).parents[3])
    assert out.read_bytes() == printed["el"]


def test_its_date_is_that_of_the_last_entry_and_its_name_the_head_of_the_journal(printed: dict[Code, bytes]) -> None:
    (created,) = re.findall(rb"/CreationDate\s*\(D:(\d{14})", plain(printed["en"]))
    assert datetime.strptime(created.decode(), "%Y%m%d%H%M%S").replace(tzinfo=after(9).tzinfo) == after(9)
    assert HEAD.encode() in printed["en"]


def test_a_page_that_asks_for_a_file_of_the_machine_gets_none(tmp_path: Path) -> None:
    (secret := tmp_path / "secret.png").write_bytes(b64decode(PIXEL))
    asks = f'<html lang="en"><title>x</title><p style="font-family: DejaVu Sans">x<img alt="x" src="{secret.as_uri()}">'
    assert b"/Image" in HTML(string=asks).write_pdf(), "who lets it fetch gets it"
    assert b"/Image" not in pdf(asks, HEAD)


def test_without_the_libraries_the_packages_are_told() -> None:
    trouble = OSError("cannot load library 'pango-1.0-0'\nsee their pages")
    with patch("builtins.__import__", side_effect=trouble), pytest.raises(NoLetters) as missing:
        pdf("", HEAD)
    assert "missing (cannot load library 'pango-1.0-0')" in str(missing.value)
    assert "apt-get install --no-install-recommends libpangoft2-1.0-0" in missing.value.remedy


def test_without_a_font_that_has_greek_letters_there_is_no_pdf() -> None:
    with pytest.raises(NoLetters, match="DejaVu Sans is not there"):
        pdf('<html lang="en"><title>x</title><p style="font-family: Liberation Mono">', HEAD)


def test_each_package_is_shown_by_a_file_of_its_own() -> None:
    assert [need.package for need in LETTERS] == list(PACKAGES)
    assert all(need.met for need in LETTERS)
