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
    """Cells that add up to the census: `total` residents on `census`, raked from `source`."""

    cells: tuple[PopulationCell, ...]
    total: int
    census: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadbandConnections:
    """Connections of one technology and speed class in one reporting area.

    `households` have it, out of `households_total` of the area; `households_unknown` did not say.
    """

    area: str
    technology: str
    download_mbps: int
    households: int
    households_unknown: int
    households_total: int
    as_of: date
    source: str
