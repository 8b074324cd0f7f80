"""Greek and English: messages from gettext catalogues, and how each language writes numbers and times.

Catalogues are read from their .po files at start: a few hundred lines, and no compiled file to forget.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import Translations
from babel.units import format_unit

from city.model.places import Text
from monitoring.figures import rounding

LANGUAGES = ("el", "en")
_LOCALES = {"el": Locale("el", "GR"), "en": Locale("en", "GB")}
_UNITS = (("second", 1), ("minute", 60), ("hour", 3600))
_LONG = 120
"""From so many of a unit on, the next larger one is told."""
_FOLDER = Path(__file__).parent / "locale"


def catalogue(language: str) -> Catalog:
    with (_FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True, slots=True)
class Language:
    """One of `LANGUAGES`, writing times in the city's own zone."""

    code: str
    zone: ZoneInfo

    @property
    def _locale(self) -> Locale:
        return _LOCALES[self.code]

    @property
    def other(self) -> str:
        return next(code for code in LANGUAGES if code != self.code)

    def text(self, text: Text) -> str:
        return text.el if self.code == "el" else text.en

    def gettext(self, message: str) -> str:
        return translations(self.code).ugettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return translations(self.code).ungettext(one, many, count)

    def at_least(self, share: float, digits: int = 1) -> str:
        """A share as percent, rounded down: what is shown never looks better than what was found."""
        return self._percent(rounding.at_least(share, 2 + digits), digits)

    def at_most(self, share: float, digits: int = 1) -> str:
        """A share as percent, rounded up, for upper bounds."""
        return self._percent(rounding.at_most(share, 2 + digits), digits)

    def _percent(self, rounded: Decimal, digits: int) -> str:
        return format_percent(rounded, format=f"#,##0.{'#' * digits}%", locale=self._locale)

    def number(self, value: float) -> str:
        return format_decimal(round(value, 2), locale=self._locale)

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def time(self, at: datetime) -> str:
        """Day and 24-hour clock: Greek's own short form is the 12-hour one."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())}, {format_datetime(local, 'HH:mm', locale=self._locale)}"

    def moment(self, at: datetime | date) -> str:
        return self.time(at) if isinstance(at, datetime) else self.day(at)

    def length(self, length: timedelta) -> str:
        """Seconds below two minutes, minutes below two hours, else hours, with one decimal that is never too small."""
        seconds = length / timedelta(seconds=1)
        unit, size = next(one for one in _UNITS if seconds < _LONG * one[1] or one is _UNITS[-1])
        return format_unit(ceil(10 * seconds / size) / 10, f"duration-{unit}", "short", locale=self._locale)

    def ago(self, at: datetime, now: datetime) -> str:
        return format_timedelta(at - now, add_direction=True, locale=self._locale)


def preferred(accept_language: str) -> str:
    """The language of ours that RFC 9110, 12.5.4 ranks first; the city's own where it ranks none."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        code, quality = tag.strip().lower().partition("-")[0], _quality(parameters)
        if code in LANGUAGES and quality > 0:
            ranked.append((-quality, position, code))
    return min(ranked)[2] if ranked else LANGUAGES[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
