"""Households with at least the promised download speed, out of all households.

Each area is taken as its newest day shows it. Households that no line of that day accounts for are kept as
bounds: none of them has the speed (lower), all of them do (upper). The value is the share among the others.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from city.model.city import City
from city.model.places import Text
from city.model.promises import PromiseId
from city.model.residents import BroadbandConnections
from monitoring.promises.figure import Bounds, Figure, Input, Period, alike, of_promise

FORMULA = Text(
    el="νοικοκυριά με σύνδεση τουλάχιστον της ταχύτητας / νοικοκυριά με γνωστή σύνδεση, κάθε περιοχή στη νεότερη "
    "ημέρα της. Κάτω όριο: όσα έχουν άγνωστη σύνδεση δεν έχουν την ταχύτητα. Άνω όριο: την έχουν.",
    en="households with at least the speed / households whose connection is known, each area on its newest day. "
    "Lower bound: those whose connection is not known lack the speed. Upper bound: they have it.",
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
    known = newest(city.broadband, on)
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


def newest(lines: Iterable[BroadbandConnections], on: date) -> list[BroadbandConnections]:
    """Of each area the lines of its newest day that is not after `on`: earlier ones speak of the same households."""
    past = [line for line in lines if line.as_of <= on]
    day = {line.area: line.as_of for line in sorted(past, key=lambda line: line.as_of)}
    return [line for line in past if line.as_of == day[line.area]]


def count(lines: Collection[BroadbandConnections], download_mbps: int) -> Households:
    """All areas together, each with the lines of one day. Households that no line accounts for are unknown."""
    total = sum({line.area: line.households_total for line in lines}.values())
    known = sum(line.households for line in lines)
    fast = sum(line.households for line in lines if line.download_mbps >= download_mbps)
    return Households(fast=fast, unknown=total - known, total=total)


def bounds(households: Households) -> Bounds:
    if not households.total:
        return Bounds(value=None, lower=None, upper=None)
    known = households.total - households.unknown
    return Bounds(
        value=households.fast / known if known else None,
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
            source=alike("city.yaml, broadband_rule"),
        ),
        households("households_fast", "νοικοκυριά με την ταχύτητα", "households with the speed", counted.fast),
        households(
            "households_unknown",
            "νοικοκυριά με άγνωστη σύνδεση",
            "households whose connection is not known",
            counted.unknown,
        ),
        households("households_total", "όλα τα νοικοκυριά", "all households", counted.total),
    )
