"""What the city promised its residents, with the page that says so."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from city.model.places import Text


class PromiseId(StrEnum):
    WIRELESS_COVERAGE = "wireless-coverage"
    BROADBAND = "broadband"
    RUNNING_COST = "running-cost"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`target` is a share (0..1) to be reached or passed by `due`."""

    id: PromiseId
    name: Text
    target: float
    due: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRule:
    """When a resident counts as covered: outdoors, `threshold_dbm` at `height_m` at `quantile` of places."""

    band: str
    threshold_dbm: float
    quantile: float
    client_height_m: float
    body_loss_db: float
    grid_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadbandRule:
    download_mbps: int
