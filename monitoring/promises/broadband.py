"""Households with at least the promised download speed, out of all households.

Households that did not say are kept as bounds: none of them has it (lower), all of them do (upper).
The value is the share among those that did say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from city.model.city import City
from city.model.places import Text
from city.model.promises import PromiseId
from city.model.residents import BroadbandConnections
from monitoring.promises.figure import Bounds, Figure, Input, Period, of_promise

FORMULA = Text(
    el="νοικοκυριά με σύνδεση τουλάχιστον της ταχύτητας / νοικοκυριά που δήλωσαν. "
    "Κάτω όριο: όσα δεν δήλωσαν δεν την έχουν. Άνω όριο: όσα δεν δήλωσαν την έχουν.",
    en="households with at least the speed / households that said. "
    "Lower bound: those that did not say lack it. Upper bound: those that did not say have it.",
)

NONE_YET = Text(
    el="το broadband.csv δεν έχει στοιχεία έως εκείνη την ημέρα", en="broadband.csv has none of that day or before"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    fast: int
    unknown: int
    total: int


def broadband(city: City, on: date) -> Figure:
    """From the connections that were known on the day `on`."""
    known = [line for line in city.broadband if line.as_of <= on]
    counted = count(known, city.broadband_rule.download_mbps)
    as_of = min((line.as_of for line in known), default=on)
    return of_promise(
        city.promise(PromiseId.BROADBAND),
        bounds=bounds(counted),
        unit="share of households",
        as_of=as_of,
        period=Period(start=as_of, end=max((line.as_of for line in known), default=on)),
        formula=FORMULA,
        inputs=_inputs(counted, city.broadband_rule.download_mbps, known),
    )


def count(lines: Iterable[BroadbandConnections], download_mbps: int) -> Households:
    """All areas together. Within an area no household is counted as unknown that another line accounts for."""
    areas: dict[str, list[BroadbandConnections]] = {}
    for line in lines:
        areas.setdefault(line.area, []).append(line)
    each = [_area(found, download_mbps) for found in areas.values()]
    return Households(
        fast=sum(area.fast for area in each),
        unknown=sum(area.unknown for area in each),
        total=sum(area.total for area in each),
    )


def _area(lines: list[BroadbandConnections], download_mbps: int) -> Households:
    total = max(line.households_total for line in lines)
    fast = min(total, sum(line.households for line in lines if line.download_mbps >= download_mbps))
    slow = sum(line.households for line in lines if line.download_mbps < download_mbps)
    unknown = min(sum(line.households_unknown for line in lines), max(0, total - fast - slow))
    return Households(fast=fast, unknown=unknown, total=total)


def bounds(households: Households) -> Bounds:
    if not households.total:
        return Bounds(value=None, lower=None, upper=None)
    said = households.total - households.unknown
    return Bounds(
        value=households.fast / said if said else None,
        lower=households.fast / households.total,
        upper=(households.fast + households.unknown) / households.total,
    )


def _inputs(counted: Households, download_mbps: int, known: list[BroadbandConnections]) -> tuple[Input, ...]:
    source = "; ".join(dict.fromkeys(line.source for line in known)) or NONE_YET

    def households(name: str, el: str, en: str, value: int) -> Input:
        return Input(name=name, label=Text(el=el, en=en), value=value, unit="households", source=source)

    return (
        Input(
            name="download_mbps",
            label=Text(el="ταχύτητα λήψης του κανόνα", en="download speed of the rule"),
            value=download_mbps,
            unit="Mbit/s",
            source="city.yaml, broadband_rule",
        ),
        households("households_fast", "νοικοκυριά με την ταχύτητα", "households with the speed", counted.fast),
        households("households_unknown", "νοικοκυριά που δεν δήλωσαν", "households that did not say", counted.unknown),
        households("households_total", "όλα τα νοικοκυριά", "all households", counted.total),
    )
