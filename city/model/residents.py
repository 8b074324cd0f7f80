"""The people, and where they live."""

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
