"""The people: where they live, and the broadband they have."""

from dataclasses import dataclass
from datetime import date

from city.geography import Boundary


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationCell:
    """`residents` within `share` (0..1) of a square of `outline`; the rest lies outside the boundary."""

    id: str
    outline: Boundary
    residents: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Cells that add up to the census: `total` residents on `census`, raked from `source`.

    `factor` is what every cell was multiplied by: areal weighting loses those who live at the edge.
    """

    cells: tuple[PopulationCell, ...]
    total: int
    census: date
    source: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadbandConnections:
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
