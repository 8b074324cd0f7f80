"""The rows of one reporting area speak of the same households."""

from collections import defaultdict

from city.load.record import Found, Listing
from city.model.residents import BroadbandConnections

_FIGURES = ("households", "households_unknown", "households_total")


def check_connections(broadband: Listing[BroadbandConnections]) -> None:
    areas: dict[tuple[str, int], list[Found[BroadbandConnections]]] = defaultdict(list)
    for found in broadband.items:
        if found.record.is_good("area", "as_of", *_FIGURES):
            areas[found.value.area, found.value.as_of.toordinal()].append(found)
    for rows in areas.values():
        _check_area(rows)


def _check_area(rows: list[Found[BroadbandConnections]]) -> None:
    first, last = rows[0].value, rows[-1].record
    for found in rows[1:]:
        _check_same(found, "households_unknown", found.value.households_unknown, first.households_unknown)
        _check_same(found, "households_total", found.value.households_total, first.households_total)
    counted = sum(found.value.households for found in rows) + first.households_unknown
    if counted > first.households_total:
        problem = f"{first.area} has {counted} households counted or unknown, of {first.households_total}"
        last.defect("households", problem, "Check the three figures of its rows.")


def _check_same(found: Found[BroadbandConnections], key: str, mine: int, theirs: int) -> None:
    if mine != theirs:
        problem = f"{key} is {mine}, while the first row of {found.value.area} says {theirs}"
        found.record.defect(key, problem, "The figure is the area's: repeat it on each of its rows.")
