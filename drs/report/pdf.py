"""The report as a tagged PDF (PDF/UA-1) of its page of HTML; the same page makes the same bytes.

Dates are the page's own (`dcterms` of its head), and the file's identifier is given. Libraries and fonts of the
machine draw the letters: where they are others, so are the bytes.
"""

from city.errors import Failed

PACKAGES = ("libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
_VARIANT = "pdf/ua-1"
_FONT = "DejaVu Sans"
"""It has Greek letters; the page names it."""


class NoLetters(Failed):
    """What draws letters is missing on this machine."""


def pdf(page: str, identifier: str) -> bytes:
    """The PDF of a page that needs nothing from elsewhere. `identifier` is ASCII, as a digest is. Raises NoLetters."""
    try:  # it loads libraries of the machine, which only a PDF needs
        from weasyprint import HTML, URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise _missing(str(error).splitlines()[0]) from error
    drawn = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).render(pdf_variant=_VARIANT)
    made: bytes = drawn.write_pdf(pdf_variant=_VARIANT, pdf_identifier=identifier.encode("ascii"))
    if not any(font.family.startswith(_FONT) for font in drawn.fonts.values()):
        raise _missing(f"the font {_FONT} is not there")
    return made


def _missing(what: str) -> NoLetters:
    remedy = f"As root: apt-get install --no-install-recommends {' '.join(PACKAGES)}; then try again."
    return NoLetters("the report as PDF", f"what draws its letters is missing ({what})", remedy)
