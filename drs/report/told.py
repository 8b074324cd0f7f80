"""How times and losses are told in each language."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil

from babel.units import format_unit

from drs.report.recovered import Recovered
from drs.report.words import Code, say

LOCALES: Mapping[Code, str] = {"el": "el_GR", "en": "en_GB"}
_LONG = 120
"""From so many of a unit on, the next larger one is told."""


def lasts(language: Code, length: timedelta | None) -> str:
    """Seconds below two minutes, minutes below two hours, else hours, with one decimal that is never too small."""
    if length is None:
        return say("unknown", language)
    seconds = length.total_seconds()
    unit, size = ("second", 1) if seconds < _LONG else ("minute", 60) if seconds < 60 * _LONG else ("hour", 3600)
    return format_unit(ceil(10 * seconds / size) / 10, f"duration-{unit}", "long", locale=LOCALES[language])


def loss(language: Code, one: Recovered) -> str:
    """Of records; of files where records were not counted."""
    if one.measured is None or not one.loss_known:
        return say("unknown", language)
    if one.lost is None:
        return (
            say("files", language).format(time=lasts(language, one.lost_time))
            if one.lost_time
            else say("no files", language)
        )
    acknowledged = one.measured.acknowledged
    of = say("unknown", language) if acknowledged is None else acknowledged
    records = say("records", language).format(lost=one.lost, acknowledged=of)
    if not one.lost or one.lost_time is None:
        return records
    return say("within", language).format(records=records, time=lasts(language, one.lost_time))
