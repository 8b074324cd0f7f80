"""The rows of one reporting area speak of the same households."""

from collections import defaultdict

from city.load.record import Found, Listing
from city.model.residents import BroadbandConnections


def check_connections(broadband: Listing[BroadbandConnections]) -> None:
    areas: dict[tuple[str, int], list[Found[BroadbandConnections]]] = defaultdict(list)
    for found in broadband.items:
        if found.record.is_good("area", "as_of", "households", "households_total"):
            areas[found.value.area, found.value.as_of.toordinal()].append(found)
    for rows in areas.values():
        _check_area(rows)


def _check_area(rows: list[Found[BroadbandConnections]]) -> None:
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
