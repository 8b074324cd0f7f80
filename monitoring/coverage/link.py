"""One radio heard by one person: at how many of the places at a distance, and how far at all.

Places at the same distance differ: some see the access point, some do not, and each is shadowed
differently. The share of them that hear it is the mixture
    P = p_los * Q((L_los - A) / s_los) + (1 - p_los) * Q((L_nlos - A) / s_nlos)
with A the loss that the link can bear (EIRP less threshold less body loss) and Q the normal tail.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from monitoring.coverage.radio import (
    UMI_FARTHEST_M,
    UMI_NEAREST_M,
    UMI_SIGMA_LOS_DB,
    UMI_SIGMA_NLOS_DB,
    Floats,
    Street,
    p1411_db,
    umi_los_db,
    umi_los_probability,
    umi_nlos_db,
)

NEGLIGIBLE = 1e-4
"""A link that fewer than this share of places hear is left out; it cannot decide `covered` at any useful quantile."""

_erfc = np.frompyfunc(math.erfc, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """From a radio to a person; two equal links are heard equally far."""

    frequency_ghz: float
    eirp_dbm: float
    height_m: float
    client_height_m: float
    body_loss_db: float
    threshold_dbm: float

    @property
    def bearable_loss_db(self) -> float:
        return self.eirp_dbm - self.body_loss_db - self.threshold_dbm


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """What a model says of a distance: median losses, their shadowing, and how likely each is."""

    los_db: Floats
    nlos_db: Floats
    los_probability: Floats
    sigma_los_db: float
    sigma_nlos_db: float


Model = Callable[[Link, Floats], Median]


def street_canyon(link: Link, distance_m: Floats) -> Median:
    """3GPP TR 38.901, UMi-Street Canyon. Nearer than 10 m counts as 10 m, where the formulas begin."""
    d = np.maximum(distance_m, UMI_NEAREST_M)
    path = (d, link.frequency_ghz, link.height_m, link.client_height_m)
    return Median(
        los_db=umi_los_db(*path),
        nlos_db=umi_nlos_db(*path),
        los_probability=umi_los_probability(distance_m),
        sigma_los_db=UMI_SIGMA_LOS_DB,
        sigma_nlos_db=UMI_SIGMA_NLOS_DB,
    )


def measured_streets(link: Link, distance_m: Floats) -> Median:
    """ITU-R P.1411-12, 4.1.1, urban: each row from where it begins, and nothing beyond where it ends.

    It gives no probability of line of sight, so that of TR 38.901 stands in.
    """
    los, nlos = Street.LOS_URBAN, Street.NLOS_URBAN_HIGH_RISE
    loss = {row: _inside_the_row(row, link.frequency_ghz, distance_m) for row in (los, nlos)}
    return Median(
        los_db=loss[los],
        nlos_db=loss[nlos],
        los_probability=umi_los_probability(distance_m),
        sigma_los_db=los.value.sigma_db,
        sigma_nlos_db=nlos.value.sigma_db,
    )


def _inside_the_row(row: Street, f_ghz: float, distance_m: Floats) -> Floats:
    nearest, farthest = row.value.distance_m
    loss = p1411_db(np.clip(distance_m, nearest, farthest), f_ghz, row)
    return np.where(distance_m > farthest, np.inf, loss)


def share_of_places(link: Link, distance_m: ArrayLike, model: Model = street_canyon) -> Floats:
    """The share (0..1) of places at `distance_m` along the ground where the link is at its threshold or above."""
    said = model(link, np.asarray(distance_m, dtype=np.float64))
    bearable = link.bearable_loss_db
    los = _normal_tail((said.los_db - bearable) / said.sigma_los_db)
    nlos = _normal_tail((said.nlos_db - bearable) / said.sigma_nlos_db)
    return said.los_probability * los + (1 - said.los_probability) * nlos


@lru_cache(maxsize=4096)
def reach_m(link: Link, model: Model = street_canyon, least: float = NEGLIGIBLE) -> float:
    """The farthest whole metre at which at least `least` of the places hear the link; 0 where none does."""
    distances = np.arange(1.0, UMI_FARTHEST_M + 1)
    heard = np.flatnonzero(share_of_places(link, distances, model) >= least)
    return float(distances[heard[-1]]) if heard.size else 0.0


def _normal_tail(z: Floats) -> Floats:
    return 0.5 * np.asarray(_erfc(z / math.sqrt(2)), dtype=np.float64)
