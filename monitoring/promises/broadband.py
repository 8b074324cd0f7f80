"""Households with at least the promised download speed, out of all households.

Each area is taken as its newest day shows it. Households that no line of that day accounts for are kept as
bounds: none of them has the speed (lower), all of them do (upper). The value is the share among the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from city.load.identity import once
from city.load.kinds import DATE, SLUG, TEXT, whole, whole_quantity
from city.load.record import Found, Listing, Record
from city.model.city import City
from city.model.places import Text
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import Bounds, Figure, Finding, Input, Period, alike
from monitoring.figures.indicator import Indicator, Measure, Speaker

FORMULA = Text(
    el="νοικοκυριά με σύνδεση τουλάχιστον της ταχύτητας / νοικοκυριά με γνωστή σύνδεση, κάθε περιοχή στη νεότερη "
    "ημέρα της. Κάτω όριο: όσα έχουν άγνωστη σύνδεση δεν έχουν την ταχύτητα. Άνω όριο: την έχουν.",
    en="households with at least the speed / households whose connection is known, each area on its newest day. "
    "Lower bound: those whose connection is not known lack the speed. Upper bound: they have it.",
)


COLUMNS = ("area", "technology", "download_mbps", "households", "households_total", "as_of", "source")
_MOST_PEOPLE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Connections of one technology and speed class in one reporting area.

    `households` have it as their fastest, out of the area's `households_total`, which is the same on each of
    its rows of a date. Households known to have no connection are a row too, of 0 Mbit/s; of those that no row
    of the date accounts for nothing is known.
    """

    area: str
    technology: str
    download_mbps: int
    households: int
    households_total: int
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`file` is the name of the one with the connections."""

    download_mbps: int
    file: str
    connections: tuple[Connections, ...]


def read(declaration: Declaration) -> Rule:
    """`download`, the speed that was promised, and `connections`, the CSV file that says who has which."""
    rule = declaration.rule
    found = declaration.rows("connections", COLUMNS, _connections)
    once(found.items, "area", lambda row: (row.area, row.technology, row.download_mbps, row.as_of))
    _check(found)
    download = rule.get("download", whole_quantity(1, 100_000, "Mbit/s"))
    rule.finish()
    return Rule(download_mbps=download, file=declaration.file("connections"), connections=found.values)


def _connections(record: Record) -> Connections:
    people = whole(0, _MOST_PEOPLE)
    return Connections(
        area=record.get("area", SLUG),
        technology=record.get("technology", TEXT),
        download_mbps=record.get("download_mbps", whole(0, 1_000_000)),
        households=record.get("households", people),
        households_total=record.get("households_total", people),
        as_of=record.get("as_of", DATE),
        source=record.get("source", TEXT),
    )


def _check(broadband: Listing[Connections]) -> None:
    areas: dict[tuple[str, int], list[Found[Connections]]] = defaultdict(list)
    for found in broadband.items:
        if found.record.is_good("area", "as_of", "households", "households_total"):
            areas[found.value.area, found.value.as_of.toordinal()].append(found)
    for rows in areas.values():
        _check_area(rows)


def _check_area(rows: list[Found[Connections]]) -> None:
    first, last = rows[0].value, rows[-1].record
    for found in rows[1:]:
        if (total := found.value.households_total) != first.households_total:
            problem = f"households_total is {total}, while the first row of {first.area} says {first.households_total}"
            remedy = "The figure is the area's: repeat it on each of its rows."
            found.record.defect("households_total", problem, remedy)
    counted = sum(found.value.households for found in rows)
    if counted > first.households_total:
        problem = f"{first.area} has {counted} households in its rows, of {first.households_total}"
        last.defect("households", problem, "Check the households of its rows, and their total.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    fast: int
    unknown: int
    total: int


def measure(_: City, rule: Rule) -> Measure:
    return lambda asked: broadband(rule, asked.today)


def broadband(rule: Rule, on: date) -> Finding:
    """From the connections that were known on the day `on`."""
    known = newest(rule.connections, on)
    counted = count(known, rule.download_mbps)
    as_of = min((line.as_of for line in known), default=on)
    return Finding(
        bounds=bounds(counted),
        as_of=as_of,
        period=Period(start=as_of, end=max((line.as_of for line in known), default=on)),
        inputs=_inputs(counted, rule, known),
    )


def newest(lines: Iterable[Connections], on: date) -> list[Connections]:
    """Of each area the lines of its newest day that is not after `on`: earlier ones speak of the same households."""
    past = [line for line in lines if line.as_of <= on]
    day = {line.area: line.as_of for line in sorted(past, key=lambda line: line.as_of)}
    return [line for line in past if line.as_of == day[line.area]]


def count(lines: Collection[Connections], download_mbps: int) -> Households:
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


def _inputs(counted: Households, rule: Rule, known: list[Connections]) -> tuple[Input, ...]:
    source: Text | str = "; ".join(dict.fromkeys(line.source for line in known)) or _none_yet(rule.file)

    def households(name: str, el: str, en: str, value: int) -> Input:
        return Input(
            name=name, label=Text(el=el, en=en), value=value, unit="households", unit_in_label=True, source=source
        )

    return (
        Input(
            name="download_mbps",
            label=Text(el="ταχύτητα λήψης του κανόνα", en="download speed of the rule"),
            value=rule.download_mbps,
            unit="Mbit/s",
            source=alike("city.yaml, broadband"),
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


def _none_yet(file: str) -> Text:
    return Text(el=f"το {file} δεν έχει στοιχεία έως εκείνη την ημέρα", en=f"{file} has none of that day or before")


FOUND = Text(
    el="Το %(value)s των νοικοκυριών με γνωστή σύνδεση έχει τουλάχιστον %(speed)s Mbit/s.",
    en="%(value)s of the households whose connection is known have at least %(speed)s Mbit/s.",
)
NOT_KNOWN = Text(
    el="Δεν γνωρίζουμε πόσα νοικοκυριά έχουν τουλάχιστον %(speed)s Mbit/s.",
    en="Nobody can say how many households have at least %(speed)s Mbit/s.",
)


def sentence(figure: Figure, speak: Speaker) -> str:
    speed = {"speed": speak.number(figure.number("download_mbps"))}
    if figure.value is None:
        return speak.text(NOT_KNOWN) % speed
    return speak.text(FOUND) % {"value": speak.at_least(figure.value), **speed}


INDICATOR = Indicator(
    id="broadband",
    read=read,
    measure=measure,
    unit="share of households",
    formula=FORMULA,
    sentence=sentence,
)
