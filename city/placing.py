"""Where things could stand that nobody surveyed yet: a method that is stated, seeded and repeatable.

Points follow the people: each population cell gets its share of them by largest remainder, placed
at random in the part of the cell that lies inside the boundary, none nearer to another of its kind
than a least separation. Everything else follows from the points: districts are the nearest centre,
cabinets the middle of groups, channels those that the neighbours use least.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely

from city.errors import Failed
from city.geography import Boundary, Plane, Point
from city.model.residents import PopulationCell

H = TypeVar("H", bound=Hashable)
Metres = tuple[float, float]

_DECIMALS = 5
"""Of a degree: about a metre, as exact as a planned position needs to be."""
_TRIES = 2000


def share_out(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole parts in proportion to `weights`, by largest remainder; earlier ones first in a tie."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Land:
    """The populated part of a city on its plane: what points are scattered over."""

    boundary: Boundary
    cells: tuple[PopulationCell, ...]

    def scatter(self, count: int, separation_m: float, seed: str) -> list[Point]:
        """`count` points, denser where more people live. Raises Failed where they do not fit."""
        quotas = share_out(count, [cell.residents for cell in self.cells])
        placed: list[Metres] = []
        points: list[Point] = []
        for cell, quota in zip(self.cells, quotas, strict=True):
            chance = random.Random(f"{seed} {cell.id}")  # noqa: S311 - a draft is repeatable, not secret
            for _ in range(quota):
                place, point = self._free_place(cell, placed, separation_m, chance)
                placed.append(place)
                points.append(point)
        return points

    def _free_place(
        self, cell: PopulationCell, placed: Sequence[Metres], separation_m: float, chance: random.Random
    ) -> tuple[Metres, Point]:
        west, south, east, north = shapely.intersection(cell.outline.geometry, self.boundary.geometry).bounds
        taken = np.array(placed or [(np.inf, np.inf)])
        for _ in range(_TRIES):
            lon = round(west + chance.random() * (east - west), _DECIMALS)
            lat = round(south + chance.random() * (north - south), _DECIMALS)
            point = Point(lon, lat)
            if cell.outline.contains(point) and self.boundary.contains(point):
                place = self.boundary.plane.to_metres(point)
                if np.hypot(taken[:, 0] - place[0], taken[:, 1] - place[1]).min() >= separation_m:
                    return place, point
        raise Failed(f"cell {cell.id}", "there is no room for another point", "Lower the separation or the count.")


def nearest_centre(point: Point, centres: Mapping[H, Point], plane: Plane) -> H:
    """The centre that `point` is nearest to; the first of equals."""
    x, y = plane.to_metres(point)
    places = {name: plane.to_metres(centre) for name, centre in centres.items()}
    return min(places, key=lambda name: (places[name][0] - x) ** 2 + (places[name][1] - y) ** 2)


def groups(places: Sequence[Metres], most: int) -> list[list[int]]:
    """Indices of `places` in groups of at most `most`, halved across the longer side until they fit."""
    return _halve(list(range(len(places))), places, most)


def _halve(members: list[int], places: Sequence[Metres], most: int) -> list[list[int]]:
    if len(members) <= most:
        return [members] if members else []
    spans = [max(places[i][axis] for i in members) - min(places[i][axis] for i in members) for axis in (0, 1)]
    axis = spans.index(max(spans))
    ordered = sorted(members, key=lambda i: (places[i][axis], i))
    parts = -(-len(members) // most)
    cut = len(members) * (parts // 2) // parts
    return [*_halve(ordered[:cut], places, most), *_halve(ordered[cut:], places, most)]


def middle(members: Iterable[int], places: Sequence[Metres]) -> int:
    """The member nearest to the mean of all."""
    indices = list(members)
    x = sum(places[i][0] for i in indices) / len(indices)
    y = sum(places[i][1] for i in indices) / len(indices)
    return min(indices, key=lambda i: ((places[i][0] - x) ** 2 + (places[i][1] - y) ** 2, i))


def cable(places: Sequence[Metres], switches: Sequence[Metres], ports: int) -> list[int]:
    """For each place the nearest switch with a free port, shortest cables first.

    Raises Failed where the ports do not suffice.
    """
    if len(places) > len(switches) * ports:
        raise Failed("the draft", "there are fewer ports than access points", "Give it more switches or ports.")
    lengths = sorted(
        ((ax - bx) ** 2 + (ay - by) ** 2, a, b)
        for a, (ax, ay) in enumerate(places)
        for b, (bx, by) in enumerate(switches)
    )
    ends: dict[int, int] = {}
    used: Counter[int] = Counter()
    for _, place, switch in lengths:
        if place not in ends and used[switch] < ports:
            ends[place] = switch
            used[switch] += 1
    return [ends[place] for place in range(len(places))]


def channels(places: Sequence[Metres], allowed: Sequence[int], reach_m: float) -> list[int]:
    """For each place, in order, the channel that the fewest earlier neighbours within `reach_m` use."""
    chosen: list[int] = []
    for i, (x, y) in enumerate(places):
        near: defaultdict[int, int] = defaultdict(int)
        for j in range(i):
            if (places[j][0] - x) ** 2 + (places[j][1] - y) ** 2 <= reach_m**2:
                near[chosen[j]] += 1
        first = i % len(allowed)
        chosen.append(min([*allowed[first:], *allowed[:first]], key=lambda channel: near[channel]))
    return chosen
