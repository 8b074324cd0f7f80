"""What ICT costs: a frozen baseline, actuals beside it, prices of what is declared."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of running cost in a period: exact where `lower == upper`, estimated else."""

    category: str
    lower: Decimal
    upper: Decimal
    status: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPeriod:
    """Running cost of a period. The baseline is frozen: it names who approved it and when."""

    start: date
    end: date
    currency: str
    lines: tuple[CostLine, ...]
    approved_by: str = ""
    approved_on: date | None = None

    @property
    def lower(self) -> Decimal:
        return sum((line.lower for line in self.lines), Decimal(0))

    @property
    def upper(self) -> Decimal:
        return sum((line.upper for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost:
    baseline: CostPeriod
    actual: CostPeriod | None
