"""Each promise in plain words: what was found, within which bounds, against what, and whether it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from city.model.places import Text
from city.model.promises import PromiseId
from monitoring.dashboard.language import Language
from monitoring.promises.figure import Figure, Input

_DIGITS = {PromiseId.AVAILABILITY: 2}
"""Percent digits shown; availability is argued about in hundredths."""
Value = float | int | str | None
_COUNTED = frozenset({"access points", "days", "devices", "households", "residents", "services", "share"})


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not-met"
    CANNOT_TELL = "cannot-tell"


class Part(NamedTuple):
    """A stretch of a line: in the page's language, or `quoted` from the data in the language of theirs."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
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
    verdict: Verdict
    verdict_text: str
    age: str
    formula: str
    rows: tuple[Row, ...]
    promised_in: str
    gauge_value: float | None
    gauge_from: float | None
    gauge_to: float | None
    gauge_target: float


def card(figure: Figure, speak: Language, now: datetime) -> Card:
    verdict = _verdict(figure)
    return Card(
        id=figure.id.value,
        name=speak.text(figure.name),
        known=figure.value is not None,
        value=speak.gettext("not known") if figure.value is None else speak.at_least(figure.value, _digits(figure)),
        sentence=_sentence(figure, speak),
        bounds=_bounds(figure, speak),
        target=_target(figure, speak),
        verdict=verdict,
        verdict_text=_verdict_text(verdict, figure.due, now.date(), speak),
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
    return _DIGITS.get(figure.id, 1)


def _on_gauge(share: float | None) -> float | None:
    return None if share is None else round(100 * min(1.0, max(0.0, share)), 2)


def _verdict(figure: Figure) -> Verdict:
    if figure.met is None:
        return Verdict.CANNOT_TELL
    return Verdict.MET if figure.met else Verdict.NOT_MET


def _verdict_text(verdict: Verdict, due: date, today: date, speak: Language) -> str:
    _ = speak.gettext
    if verdict is Verdict.CANNOT_TELL:
        return _("Cannot tell")
    if verdict is Verdict.MET:
        return _("Met")
    return _("Not met") if due < today else _("Not met yet")


def _sentence(figure: Figure, speak: Language) -> str:
    facts = {found.name: found.value for found in figure.inputs}
    value = None if figure.value is None else speak.at_least(figure.value, _digits(figure))
    match figure.id:
        case PromiseId.WIRELESS_COVERAGE:
            return _coverage(value, facts.get("designed"), speak)
        case PromiseId.BROADBAND:
            return _broadband(value, facts.get("download_mbps"), speak)
        case PromiseId.RUNNING_COST:
            return _cost(figure.value, value, speak)
        case PromiseId.AVAILABILITY:
            return _availability(value, figure, facts, speak)


def _coverage(value: str | None, designed: Value, speak: Language) -> str:
    _ = speak.gettext
    if value is None:
        now = _("How many residents the free Wi-Fi reaches now cannot be said: no access point has been seen.")
    else:
        now = _("%(value)s of residents live where the city's free Wi-Fi can be used in the street now.") % {
            "value": value
        }
    if not isinstance(designed, float):
        return now
    planned = _("With every access point up it would be %(designed)s.") % {"designed": speak.at_least(designed)}
    return f"{now} {planned}"


def _broadband(value: str | None, mbps: Value, speak: Language) -> str:
    _ = speak.gettext
    speed = speak.number(float(mbps or 0))
    if value is None:
        return _("How many households have at least %(speed)s Mbit/s cannot be said.") % {"speed": speed}
    return _("%(value)s of the households whose connection is known have at least %(speed)s Mbit/s.") % {
        "value": value,
        "speed": speed,
    }


def _cost(share: float | None, value: str | None, speak: Language) -> str:
    _ = speak.gettext
    if share is None:
        return _("What was saved cannot be said: no actual cost of a finished period has been entered.")
    if share < 0:
        return _("Running ICT costs %(value)s more than in the baseline.") % {"value": speak.at_most(-share)}
    return _("Running ICT costs %(value)s less than in the baseline.") % {"value": value}


def _availability(value: str | None, figure: Figure, facts: Mapping[str, Value], speak: Language) -> str:
    _ = speak.gettext
    period = {"start": speak.moment(figure.period.start), "end": speak.moment(figure.period.end)}
    if value is None:
        return _("From %(start)s to %(end)s nobody observed the municipal services.") % period
    if not isinstance(observed := facts.get("services_observed"), int):
        return _("From %(start)s to %(end)s the municipal services were up %(value)s of the agreed time observed.") % {
            "value": value,
            **period,
        }
    return _(
        "From %(start)s to %(end)s the municipal services were up %(value)s of the agreed time observed, "
        "seen at %(observed)s of %(services)s services."
    ) % {"value": value, "observed": observed, "services": facts.get("services"), **period}


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
    _ = speak.gettext
    said = {"target": speak.at_least(figure.target, _digits(figure)), "due": speak.day(figure.due)}
    if figure.id is PromiseId.RUNNING_COST:
        return _("Promised: at least %(target)s less by %(due)s.") % said
    return _("Promised: at least %(target)s by %(due)s.") % said


def _age(figure: Figure, speak: Language, now: datetime) -> str:
    _ = speak.gettext
    moment = speak.moment(figure.as_of)
    if isinstance(figure.as_of, datetime):
        return _("Data of %(moment)s.") % {"moment": moment}
    ago = speak.ago(datetime.combine(figure.as_of, datetime.min.time(), now.tzinfo), now)
    return _("Data of %(moment)s (%(ago)s).") % {"moment": moment, "ago": ago}


def _row(found: Input, speak: Language) -> Row:
    return Row(
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
    """Symbols stay as they are, hours are said; of what things are counted, the label says already."""
    if found.unit in _COUNTED:
        return ""
    return speak.gettext("hours") if found.unit == "hours" else found.unit
