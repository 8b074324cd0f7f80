"""Path loss between an access point on a pole or façade and a person in the street.

Two sources that were made independently: 3GPP TR 38.901 (UMi-Street Canyon) decides, ITU-R P.1411
is the second opinion. Distances and heights in metres, frequencies in GHz, losses in dB. A formula
refuses (InvalidInput) what lies outside the range that its source gives; it never extrapolates.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from city.errors import InvalidInput

Floats = NDArray[np.float64]

LIGHT_M_PER_S = 3.0e8
"""As TR 38.901 table 7.4.1-1 note 1 has it, so that break points agree with the standard's."""

UMI_NEAREST_M, UMI_FARTHEST_M = 10.0, 5000.0
UMI_SIGMA_LOS_DB, UMI_SIGMA_NLOS_DB = 4.0, 7.82
"""Log-normal shadowing of UMi-Street Canyon, TR 38.901 table 7.4.1-1."""


def umi_los_db(distance_m: ArrayLike, f_ghz: float, base_m: float, user_m: float) -> Floats:
    """Median loss in line of sight: TR 38.901 V17 table 7.4.1-1, UMi-Street Canyon LOS.

    Valid for 0.5-100 GHz, 10 m to 5 km along the ground, users 1.5-22.5 m high. The table is written
    for a base at 10 m; one of 3-20 m is taken as the scenario (7.2: below the roofs around it) with its
    own height in the slant distance and the break point.
    """
    d2 = _umi_range(distance_m, f_ghz, base_m, user_m)
    slant = np.hypot(d2, base_m - user_m)
    break_m = 4 * (base_m - 1.0) * (user_m - 1.0) * f_ghz * 1e9 / LIGHT_M_PER_S
    near = 32.4 + 21 * np.log10(slant) + 20 * np.log10(f_ghz)
    far = 32.4 + 40 * np.log10(slant) + 20 * np.log10(f_ghz) - 9.5 * np.log10(break_m**2 + (base_m - user_m) ** 2)
    return _floats(np.where(d2 <= break_m, near, far))


def umi_nlos_db(distance_m: ArrayLike, f_ghz: float, base_m: float, user_m: float) -> Floats:
    """Median loss without line of sight: TR 38.901 V17 table 7.4.1-1, UMi-Street Canyon NLOS; valid as LOS is."""
    d2 = _umi_range(distance_m, f_ghz, base_m, user_m)
    slant = np.hypot(d2, base_m - user_m)
    nlos = 35.3 * np.log10(slant) + 22.4 + 21.3 * np.log10(f_ghz) - 0.3 * (user_m - 1.5)
    return _floats(np.maximum(umi_los_db(d2, f_ghz, base_m, user_m), nlos))


def umi_los_probability(distance_m: ArrayLike) -> Floats:
    """How likely line of sight is: TR 38.901 V17 table 7.4.2-1, UMi-Street Canyon, outdoor user; any distance >= 0."""
    d2 = _floats(distance_m)
    _within("distance", d2, 0, UMI_FARTHEST_M, "m")
    apart = np.maximum(d2, 18.0)
    return 18 / apart + np.exp(-apart / 36) * (1 - 18 / apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGeneral:
    """One row of P.1411-12 table 4: alpha, beta, gamma, sigma, and where they hold."""

    alpha: float
    beta: float
    gamma: float
    sigma_db: float
    f_ghz: tuple[float, float]
    distance_m: tuple[float, float]


class Street(Enum):
    """ITU-R P.1411-12, 4.1.1, both ends below the roofs: the environments that were measured."""

    LOS_URBAN = SiteGeneral(alpha=2.12, beta=29.2, gamma=2.11, sigma_db=5.06, f_ghz=(0.8, 82), distance_m=(5, 660))
    NLOS_URBAN_HIGH_RISE = SiteGeneral(
        alpha=4.00, beta=10.2, gamma=2.36, sigma_db=7.60, f_ghz=(0.8, 82), distance_m=(30, 715)
    )
    NLOS_LOW_RISE = SiteGeneral(alpha=5.06, beta=-4.68, gamma=2.02, sigma_db=9.33, f_ghz=(10, 73), distance_m=(30, 250))
    NLOS_RESIDENTIAL = SiteGeneral(
        alpha=3.01, beta=18.8, gamma=2.07, sigma_db=3.07, f_ghz=(0.8, 73), distance_m=(30, 170)
    )


def p1411_db(distance_m: ArrayLike, f_ghz: float, street: Street) -> Floats:
    """Median loss of a street: ITU-R P.1411-12, 4.1.1, equation (1), within the row's own ranges."""
    row = street.value
    d = _floats(distance_m)
    _within("frequency", f_ghz, *row.f_ghz, "GHz")
    _within("distance", d, *row.distance_m, "m")
    return _floats(10 * row.alpha * np.log10(d) + row.beta + 10 * row.gamma * np.log10(f_ghz))


def _umi_range(distance_m: ArrayLike, f_ghz: float, base_m: float, user_m: float) -> Floats:
    d2 = _floats(distance_m)
    _within("frequency", f_ghz, 0.5, 100, "GHz")
    _within("height of the access point", base_m, 3, 20, "m")
    _within("height of the user", user_m, 1.5, 22.5, "m")
    _within("distance", d2, UMI_NEAREST_M, UMI_FARTHEST_M, "m")
    return d2


def _floats(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)


def _within(what: str, value: ArrayLike, low: float, high: float, unit: str) -> None:
    found = _floats(value)
    inside = (found >= low) & (found <= high)
    if not inside.all():
        first = float(found[~inside].flat[0])
        raise InvalidInput(
            f"{what} {first:g} {unit}",
            f"the path loss formula holds from {low:g} to {high:g} {unit} only",
            "Mend the value in the city's data, or choose a model made for it.",
        )
