"""How many residents the free Wi-Fi covers: by design, and by the access points whose radio is up now.

    covered = sum over places of residents_i [P(RSS_i >= threshold) >= quantile] / sum of residents_i

RSS_i is that of the best access point at place i: neighbours' shadowing is alike, so two weak ones
are not taken for one good one. Only access points that carry an SSID for everybody (open or owe) and have a radio in
the rule's band are heard at all. The expected share is the softer figure beside it,
    sum of residents_i (1 - prod over access points j of (1 - P_ij)) / sum of residents_i.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from city.model.city import City
from city.model.wireless import AccessPoint, Security, frequency_ghz
from monitoring.coverage.link import Link, Model, reach_m, share_of_places, street_canyon
from monitoring.coverage.radio import Floats
from monitoring.coverage.residents import Residents, spread

FOR_EVERYBODY = frozenset({Security.OPEN, Security.OWE})
"""Whoever passes by can use it: no password, and no account."""

_CERTAIN = 1 - 1e-15
"""The logarithm of silence is finite below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRule:
    """When a resident counts as covered: outdoors, `threshold_dbm` at `client_height_m` at `quantile` of places."""

    band: str
    threshold_dbm: float
    quantile: float
    client_height_m: float
    body_loss_db: float
    grid_m: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Footprints:
    """What each access point is heard by: row j holds its places and, for each, the share that hears it.

    Made once for a declaration, then asked for any set of access points that are up. Rows are
    separate, so one access point's change concerns its own places only.
    """

    access_points: tuple[str, ...]
    residents: Residents
    quantile: float
    rows: NDArray[np.int64]
    """Row j is `place[rows[j]:rows[j + 1]]`, and `heard` alike."""
    place: NDArray[np.int64]
    heard: Floats

    def covered_places(self, up: Collection[str]) -> NDArray[np.bool_]:
        """For each place, whether the best of the access points in `up` is heard there at the quantile or better."""
        covered = np.zeros(len(self.residents.people), dtype=np.bool_)
        covered[self.place[self.links_of(up) & (self.heard >= self.quantile)]] = True
        return covered

    def covered(self, up: Collection[str]) -> float:
        """The residents of the covered places."""
        return float(self.residents.people[self.covered_places(up)].sum())

    def expected(self, up: Collection[str]) -> float:
        """Residents who are expected to hear at least one of `up`, were shadowing independent."""
        links = self.links_of(up)
        silence = np.bincount(
            self.place[links],
            weights=np.log1p(-np.minimum(self.heard[links], _CERTAIN)),
            minlength=len(self.residents.people),
        )
        return float((self.residents.people * -np.expm1(silence)).sum())

    def links_of(self, up: Collection[str]) -> NDArray[np.bool_]:
        """Which entries of `place` and `heard` are of the access points in `up`."""
        wanted = frozenset(up)
        chosen = np.array([name in wanted for name in self.access_points], dtype=np.bool_)
        return np.repeat(chosen, np.diff(self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Shares (0..1) of all residents. With every unknown access point down `lower`, with all of them up `upper`."""

    residents: float
    designed: float
    expected_designed: float
    lower: float
    upper: float
    expected: float
    """Of those seen up."""


def footprints(city: City, rule: CoverageRule, model: Model = street_canyon) -> Footprints:
    """Every access point of the free Wi-Fi against every place within its reach, by the rule of the city."""
    residents = spread(city.population, city.boundary, rule.grid_m)
    return _footprints(city, _of_the_free_wifi(city), rule, model, residents)


def with_others(prints: Footprints, city: City, rule: CoverageRule, others: Collection[AccessPoint]) -> Footprints:
    """The footprints with these access points as they are given, in place of those of the same ids."""
    names = frozenset(ap.id for ap in others).intersection(prints.access_points)
    made = _footprints(city, (ap for ap in others if ap.id in names), rule, street_canyon, prints.residents)
    kept = [name for name in prints.access_points if name not in names]
    links = prints.links_of(kept)
    lengths = [length for name, length in zip(prints.access_points, np.diff(prints.rows), strict=True) if name in kept]
    return Footprints(
        access_points=(*kept, *made.access_points),
        residents=prints.residents,
        quantile=prints.quantile,
        rows=np.concatenate(([0], np.cumsum([*lengths, *np.diff(made.rows)]))).astype(np.int64),
        place=np.concatenate((prints.place[links], made.place)),
        heard=np.concatenate((prints.heard[links], made.heard)),
    )


def _footprints(
    city: City, access_points: Iterable[AccessPoint], rule: CoverageRule, model: Model, residents: Residents
) -> Footprints:
    heard_from = [(ap, link) for ap in access_points if (link := _best_link(ap, rule)) is not None]
    where = np.array(city.boundary.plane.all_to_metres([ap.position for ap, _ in heard_from])).reshape(-1, 2)
    ap_of, place = _pairs_in_reach(where, [reach_m(link, model) for _, link in heard_from], residents)
    distance = np.hypot(residents.x[place] - where[ap_of, 0], residents.y[place] - where[ap_of, 1])
    return Footprints(
        access_points=tuple(ap.id for ap, _ in heard_from),
        residents=residents,
        quantile=rule.quantile,
        rows=np.searchsorted(ap_of, np.arange(len(heard_from) + 1)),
        place=place,
        heard=_heard([link for _, link in heard_from], ap_of, distance, model),
    )


def coverage(prints: Footprints, up: Collection[str], unknown: Collection[str]) -> Coverage:
    """The figures for what was seen: `up` counts, what is neither `up` nor `unknown` is down."""
    total = prints.residents.total
    return Coverage(
        residents=total,
        designed=_part(prints.covered(prints.access_points), total),
        expected_designed=_part(prints.expected(prints.access_points), total),
        lower=_part(prints.covered(up), total),
        upper=_part(prints.covered({*up, *unknown}), total),
        expected=_part(prints.expected(up), total),
    )


def _part(residents: float, total: float) -> float:
    return min(1.0, residents / total) if total else 0.0


def _of_the_free_wifi(city: City) -> Iterable[AccessPoint]:
    free = {ssid.id for ssid in city.ssids if ssid.security in FOR_EVERYBODY}
    return (ap for ap in city.access_points if free.intersection(ap.ssids))


def _best_link(ap: AccessPoint, rule: CoverageRule) -> Link | None:
    """The access point's strongest radio in the rule's band; None where it has none."""
    radios = [radio for radio in ap.radios if radio.band == rule.band]
    if not radios:
        return None
    radio = max(radios, key=lambda radio: (radio.eirp_dbm, -radio.channel))
    return Link(
        frequency_ghz=frequency_ghz(radio.band, radio.channel),
        eirp_dbm=radio.eirp_dbm,
        height_m=ap.height_m,
        client_height_m=rule.client_height_m,
        body_loss_db=rule.body_loss_db,
        threshold_dbm=rule.threshold_dbm,
    )


def _pairs_in_reach(
    where: Floats, reach: list[float], residents: Residents
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of access points and places no farther apart than the reach, by access point, then place."""
    index = shapely.STRtree(np.asarray(shapely.points(residents.x, residents.y)))
    found = index.query(shapely.points(where), predicate="dwithin", distance=np.array(reach))
    order = np.lexsort((found[1], found[0]))
    return found[0][order], found[1][order]


def _heard(links: list[Link], ap_of: NDArray[np.int64], distance: Floats, model: Model) -> Floats:
    heard = np.zeros_like(distance)
    kinds = {link: kind for kind, link in enumerate(dict.fromkeys(links))}
    kind_of = np.array([kinds[link] for link in links], dtype=np.int64)[ap_of]
    for link, kind in kinds.items():
        mine = kind_of == kind
        heard[mine] = share_of_places(link, distance[mine], model)
    return heard
