"""The report as one page of HTML that needs nothing else: no script, no picture, no other file."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from city.model.places import Text
from drs.report.facts import Facts
from drs.report.words import Code, say

_LONG = 120
"""From so many of a unit on, the next larger one is told."""
_LOCALES: dict[Code, str] = {"el": "el_GR", "en": "en_GB"}


def page(facts: Facts, language: Code) -> str:
    """Times are the city's own."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("page.html").render(
        facts=facts,
        language=language,
        say=partial(say, language=language),
        text=partial(_text, language),
        moment=partial(_moment, language, facts.city.time_zone),
        lasts=partial(_lasts, language),
        state=_state(facts),
    )


def _state(facts: Facts) -> str:
    if facts.run.closed is None:
        return "open"
    return "stopped" if facts.run.left else "over"


def _text(language: Code, text: Text) -> str:
    return text.el if language == "el" else text.en


def _moment(language: Code, zone: ZoneInfo, at: datetime) -> str:
    return format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=zone, locale=_LOCALES[language])


def _lasts(language: Code, length: timedelta) -> str:
    """In the largest unit that loses nothing: seconds below two minutes, else minutes, else hours."""
    seconds = length.total_seconds()
    unit: Literal["second", "minute", "hour"] = (
        "second" if seconds < _LONG else "minute" if seconds < 60 * _LONG else "hour"
    )
    return format_timedelta(length, unit, threshold=10**9, locale=_LOCALES[language])
