"""The report as one page of HTML that needs nothing else: no script, no picture, no other file."""

from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from city.model.city import City
from city.model.places import Text
from drs.report.deviations import Deviation
from drs.report.facts import Facts
from drs.report.told import LOCALES, lasts, loss
from drs.report.words import Code, say


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
        clock=partial(_clock, language, facts),
        lasts=partial(lasts, language),
        judged=partial(_judged, language),
        loss=partial(loss, language),
        sentence=partial(_sentence, language, facts.city),
        state=_state(facts),
    )


def _state(facts: Facts) -> str:
    if facts.run.closed is None:
        return "open"
    return "stopped" if facts.run.left else "over"


def _text(language: Code, text: Text) -> str:
    return text.el if language == "el" else text.en


def _moment(language: Code, zone: ZoneInfo, at: datetime) -> str:
    return format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=zone, locale=LOCALES[language])


def _clock(language: Code, facts: Facts, at: datetime) -> str:
    """The time of day alone, on the day on which the drill began."""
    zone = facts.city.time_zone
    if at.astimezone(zone).date() != facts.began.astimezone(zone).date():
        return _moment(language, zone, at)
    return format_datetime(at, "HH:mm:ss", tzinfo=zone, locale=LOCALES[language])


def _sentence(language: Code, city: City, kind: str, one: Deviation) -> str:
    """A service by its name in this language; what was said in the drill stays as it was said."""
    about = dict(one.about)
    if "service" in about:
        about["service"] = _text(language, city.service(about["service"]).name)
    return say(kind, language).format(**about)


def _judged(language: Code, kept: bool | None) -> str:  # noqa: FBT001 - the answer itself is told
    return say({True: "yes", False: "no", None: "unknown"}[kept], language)
