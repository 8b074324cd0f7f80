"""Each promise in plain words: what was found, within which bounds, against what, and whether it is kept."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from city.model.places import Text
from monitoring.dashboard.language import Language
from monitoring.figures.figure import Figure, Input
from monitoring.figures.registry import indicators


class Kept(StrEnum):
    MET = "met"
    NOT_MET = "not-met"
    CANNOT_TELL = "cannot-tell"


class Part(NamedTuple):
    """A stretch of a line: in the page's language, or `quoted` from the data in the language of theirs."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLine:
    """One input of a figure as the page shows it."""

    label: str
    value: str
    unit: str
    source: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A promise ready to be read; the gauge's numbers are percent of its width, None where not known."""

    id: str
    name: str
    known: bool
    value: str
    sentence: str
    bounds: str
    target: str
    kept: Kept
    kept_text: str
    age: str
    formula: str
    rows: tuple[InputLine, ...]
    promised_in: str
    gauge_value: float | None
    gauge_from: float | None
    gauge_to: float | None
    gauge_target: float


def card(figure: Figure, speak: Language, now: datetime) -> Card:
    kept = _kept(figure)
    return Card(
        id=figure.id,
        name=speak.text(figure.name),
        known=figure.value is not None,
        value=speak.gettext("not known") if figure.value is None else speak.at_least(figure.value, _digits(figure)),
        sentence=indicators()[figure.id].sentence(figure, speak),
        bounds=_bounds(figure, speak),
        target=_target(figure, speak),
        kept=kept,
        kept_text=_kept_text(kept, figure.due, now.astimezone(speak.zone).date(), speak),
        age=_age(figure, speak, now),
        formula=speak.text(figure.formula),
        rows=tuple(_row(found, speak) for found in figure.inputs),
        promised_in=figure.promised_in,
        gauge_value=_on_gauge(figure.value),
        gauge_from=_on_gauge(figure.lower),
        gauge_to=_on_gauge(figure.upper),
        gauge_target=_on_gauge(figure.target) or 0.0,
    )


def _digits(figure: Figure) -> int:
    return indicators()[figure.id].digits


def _on_gauge(share: float | None) -> float | None:
    return None if share is None else round(100 * min(1.0, max(0.0, share)), 2)


def _kept(figure: Figure) -> Kept:
    if figure.met is None:
        return Kept.CANNOT_TELL
    return Kept.MET if figure.met else Kept.NOT_MET


def _kept_text(kept: Kept, due: date, today: date, speak: Language) -> str:
    _ = speak.gettext
    if kept is Kept.CANNOT_TELL:
        return _("Cannot tell")
    if kept is Kept.MET:
        return _("Met")
    return _("Not met") if due < today else _("Not met yet")


def _bounds(figure: Figure, speak: Language) -> str:
    _ = speak.gettext
    if figure.lower is None or figure.upper is None:
        return ""
    digits = _digits(figure)
    low, high = speak.at_least(figure.lower, digits), speak.at_most(figure.upper, digits)
    if figure.lower == figure.upper:
        return _("Nothing in it is unknown.")
    return _("With what is unknown, it lies between %(low)s and %(high)s.") % {"low": low, "high": high}


def _target(figure: Figure, speak: Language) -> str:
    said = {"target": speak.at_least(figure.target, _digits(figure)), "due": speak.day(figure.due)}
    return speak.text(indicators()[figure.id].target) % said


def _age(figure: Figure, speak: Language, now: datetime) -> str:
    _ = speak.gettext
    moment = speak.moment(figure.as_of)
    if isinstance(figure.as_of, datetime):
        return _("Data of %(moment)s.") % {"moment": moment}
    ago = speak.ago(datetime.combine(figure.as_of, datetime.min.time(), speak.zone), now)
    return _("Data of %(moment)s (%(ago)s).") % {"moment": moment, "ago": ago}


def _row(found: Input, speak: Language) -> InputLine:
    return InputLine(
        label=speak.text(found.label),
        value=_shown(found, speak),
        unit=_unit(found, speak),
        source=tuple(_part(part, speak) for part in found.source_parts),
    )


def _part(said: Text | str, speak: Language) -> Part:
    return Part(speak.text(said), quoted=False) if isinstance(said, Text) else Part(said, quoted=True)


def _shown(found: Input, speak: Language) -> str:
    if found.value is None:
        return speak.gettext("not known")
    if isinstance(found.value, str):
        return found.value
    if found.unit == "share":
        return speak.at_most(found.value, 2) if found.is_upper else speak.at_least(found.value, 2)
    return speak.number(found.value)


def _unit(found: Input, speak: Language) -> str:
    """Symbols stay as they are; a share is written as percent."""
    if found.unit_in_label or found.unit == "share":
        return ""
    return speak.text(found.unit) if isinstance(found.unit, Text) else found.unit
