"""The rows of one reporting area speak of the same households."""

from collections import defaultdict
from datetime import date

from city.load.record import Found, Listing
from city.model.residents import BroadbandConnections

_FIGURES = ("households", "households_unknown", "households_total")


def check_connections(broadband: Listing[BroadbandConnections]) -> None:
    areas: dict[tuple[str, date], list[Found[BroadbandConnections]]] = defaultdict(list)
    for found in broadband.items:
        if found.record.is_good("area", "as_of", *_FIGURES):
            areas[found.value.area, found.value.as_of].append(found)
    for rows in areas.values():
        _check_area(rows)


def _check_area(rows: list[Found[BroadbandConnections]]) -> None:
    first, last = rows[0].value, rows[-1].record
    for found in rows[1:]:
        for key in ("households_unknown", "households_total"):
            mine, theirs = getattr(found.value, key), getattr(first, key)
            if mine != theirs:
                problem = f"{key} is {mine}, while {first.area}'s first row says {theirs}"
                found.record.defect(key, problem, "Both figures are the area's; repeat them on each of its rows.")
    counted = sum(found.value.households for found in rows) + first.households_unknown
    if counted > first.households_total:
        problem = f"{first.area} has {counted} households counted or unknown, of {first.households_total}"
        last.defect("households", problem, "Check the three figures of its rows.")
