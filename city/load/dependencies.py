"""Services on services: no circle, and no promise tighter than what it leans on."""

from collections import deque

from city.load.durations import shown
from city.load.record import Found, Listing
from city.model.services import Service

Services = dict[str, Found[Service]]


def check_dependencies(services: Listing[Service]) -> None:
    known = {found.value.id: found for found in services.items}
    for found in services.items:
        for name in found.value.depends_on:
            if name in known and name != found.value.id:
                _check_objectives(found, known[name])
    reported: set[str] = set()
    for found in services.items:
        circle = _circle(found.value.id, known)
        if circle and reported.isdisjoint(circle):
            reported |= set(circle)
            problem = f"services depend on each other in a circle: {' -> '.join(circle)}"
            found.record.defect("depends_on", problem, "Remove one of these dependencies.")


def _check_objectives(found: Found[Service], needed: Found[Service]) -> None:
    for key, mine, theirs in (
        ("rto", found.value.rto, needed.value.rto),
        ("rpo", found.value.rpo, needed.value.rpo),
    ):
        if mine < theirs and found.record.is_good(key) and needed.record.is_good(key):
            problem = f"{key} {shown(mine)} is tighter than the {shown(theirs)} of {needed.value.id}, which it needs"
            remedy = f"Loosen it to {shown(theirs)}, or tighten that of {needed.value.id}."
            found.record.defect(key, problem, remedy)


def _circle(start: str, known: Services) -> list[str]:
    """The shortest way from `start` back to itself; empty where there is none."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for name in known[here].value.depends_on:
            if name == start:
                return _way(start, here, came_from)
            if name in known and name not in came_from:
                came_from[name] = here
                queue.append(name)
    return []


def _way(start: str, last: str, came_from: dict[str, str]) -> list[str]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return [start, *reversed(way)]
