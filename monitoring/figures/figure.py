"""One promise as a figure: what was found, how sure it is, whether it was kept, and how it was computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from city.model.places import Text
from monitoring.figures.rounding import at_least, at_most

Json = dict[str, "str | float | bool | Json | None"]

LEDGER = Text(el="ημερολόγιο παρατηρήσεων", en="ledger of observations")


def alike(name: str) -> Text:
    """What is the same in both languages: the name of a file and of a key in it, a date."""
    return Text(el=name, en=name)


SHARE_DIGITS = 6
"""Shares are published to a millionth: one resident of a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive); a moment where they are equal."""

    start: datetime | date
    end: datetime | date

    def as_json(self) -> Json:
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One named number or fact that the figure rests on, and where it comes from.

    `source` is a Text where it is ours to say, a str where it is the data's own words, and both in their order where
    a line is made of both. `unit` is a symbol, or a Text where it is said in words; where `unit_in_label`, the label
    tells already what is counted, and people are not told again. `is_upper` is said of a share that is an upper bound:
    it is published rounded up.
    """

    name: str
    label: Text
    value: float | int | str | None
    source: Text | str | tuple[Text | str, ...]
    unit: Text | str = ""
    unit_in_label: bool = False
    is_upper: bool = False

    @property
    def source_parts(self) -> tuple[Text | str, ...]:
        return self.source if isinstance(self.source, tuple) else (self.source,)

    def as_json(self) -> Json:
        source = "".join(part.en if isinstance(part, Text) else part for part in self.source_parts)
        unit = self.unit.en if isinstance(self.unit, Text) else self.unit
        return {"value": self._published(), "unit": unit, "source": source}

    def _published(self) -> float | str | None:
        if self.unit == "share" and isinstance(self.value, float):
            return _up(self.value) if self.is_upper else _down(self.value)
        return round(self.value, SHARE_DIGITS) if isinstance(self.value, float) else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A point estimate and the interval that the truth lies in; all None where nothing is known."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an indicator found: `as_of` is the moment, or the day, of the data."""

    bounds: Bounds
    as_of: datetime | date
    period: Period
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Shares are 0..1 (a reduction may be negative). `as_of` is the moment, or the day, of the data."""

    id: str
    name: Text
    bounds: Bounds
    target: float
    due: date
    unit: str
    as_of: datetime | date
    period: Period
    formula: Text
    inputs: tuple[Input, ...]
    promised_in: str
    city_data: str | None = None
    """The fingerprint of the city's data that it was computed from; None where those of its moment are not at hand."""

    @property
    def value(self) -> float | None:
        return self.bounds.value

    @property
    def lower(self) -> float | None:
        return self.bounds.lower

    @property
    def upper(self) -> float | None:
        return self.bounds.upper

    @property
    def met(self) -> bool | None:
        """True where even the lower bound reaches the target, False where not even the upper one does."""
        if self.lower is None or self.upper is None:
            return None
        if self.lower >= self.target:
            return True
        return False if self.upper < self.target else None

    def input(self, name: str) -> Input:
        return next(found for found in self.inputs if found.name == name)

    def number(self, name: str) -> float:
        """The value of an input that is a number. Raises KeyError where there is no such number."""
        for found in self.inputs:
            if found.name == name and isinstance(found.value, int | float):
                return found.value
        raise KeyError(name)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": {"el": self.name.el, "en": self.name.en},
            "value": _down(self.value),
            "lower": _down(self.lower),
            "upper": _up(self.upper),
            "target": self.target,
            "due": self.due.isoformat(),
            "met": self.met,
            "unit": self.unit,
            "as_of": self.as_of.isoformat(),
            "period": self.period.as_json(),
            "formula": {"el": self.formula.el, "en": self.formula.en},
            "inputs": {found.name: found.as_json() for found in self.inputs},
            "promised_in": self.promised_in,
            "city_data": self.city_data,
        }


def _down(share: float | None) -> float | None:
    return None if share is None else float(at_least(share, SHARE_DIGITS))


def _up(share: float | None) -> float | None:
    return None if share is None else float(at_most(share, SHARE_DIGITS))


def as_json(figures: Iterable[Figure]) -> Json:
    """By promise id, in the order given; the keys of each are stable."""
    return {figure.id: figure.as_json() for figure in figures}
