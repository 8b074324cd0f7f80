"""What the city promised, by which rules it is counted, and the money that it is measured against."""

from pathlib import Path

from city.load.defects import Defects
from city.load.kinds import DATE, MONEY, TEXT, number, one_of, quantity, whole_quantity
from city.load.record import Record
from city.load.source import read_yaml
from city.model.money import CostLine, CostPeriod, RunningCost
from city.model.promises import BroadbandRule, CoverageRule, Promise, PromiseId
from city.model.wireless import Band

_COST_STATUS = ("estimate", "budget", "account")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "CZK", "RON", "HUF", "BGN")


def read_promises(record: Record) -> tuple[Promise, ...]:
    """Every promise of `PromiseId`, in its order; one that is missing is reported."""
    found = tuple(_promise(promise, record.child(promise)) for promise in PromiseId)
    record.finish()
    return found


def _promise(promise: PromiseId, record: Record) -> Promise:
    found = Promise(
        id=promise,
        name=record.text("name"),
        target=record.get("target", number(0, 1)),
        due=record.get("due", DATE),
        source=record.get("source", TEXT),
    )
    record.finish()
    return found


def read_coverage_rule(record: Record) -> CoverageRule:
    rule = CoverageRule(
        band=record.get("band", one_of(*(band.value for band in Band))),
        threshold_dbm=record.get("threshold", quantity(-120, 0, "dBm")),
        quantile=record.get("quantile", number(0.01, 0.99)),
        client_height_m=record.get("client_height", quantity(1.5, 22.5, "m")),
        body_loss_db=record.get("body_loss", quantity(0, 30, "dB")),
        grid_m=record.get("grid", quantity(5, 1000, "m")),
    )
    record.finish()
    return rule


def read_broadband_rule(record: Record) -> BroadbandRule:
    rule = BroadbandRule(download_mbps=record.get("download", whole_quantity(1, 100_000, "Mbit/s")))
    record.finish()
    return rule


def read_running_cost(folder: Path, defects: Defects) -> RunningCost:
    record = Record("cost.yaml", read_yaml(folder / "cost.yaml", defects), defects)
    baseline = _period(record.child("baseline"))
    actual = _period(record.child("actual")) if record.has("actual") else None
    record.finish()
    if actual is not None:
        _check_currencies(baseline, actual, record)
    return RunningCost(baseline=baseline, actual=actual)


def _check_currencies(baseline: CostPeriod, actual: CostPeriod, record: Record) -> None:
    periods = record.child("baseline"), record.child("actual")
    if actual.currency != baseline.currency and all(period.is_good("currency") for period in periods):
        problem = f"the actual cost is in {actual.currency}, the baseline in {baseline.currency}"
        periods[1].defect("currency", problem, "Give both in one currency.")


def _period(record: Record) -> CostPeriod:
    period = CostPeriod(
        start=record.get("start", DATE),
        end=record.get("end", DATE),
        currency=record.get("currency", one_of(*CURRENCIES)),
        lines=tuple(_line(line) for line in record.children("lines")),
        approved_by=record.get("approved_by", TEXT, default=""),
        approved_on=record.get("approved_on", DATE) if record.has("approved_on") else None,
    )
    if record.is_good("start", "end") and period.start >= period.end:
        record.defect("end", f"the period ends on {period.end}, not after its start", "Give the day after its last.")
    if record.is_good("lines") and not period.lines:
        record.defect("lines", "the period has no lines", "Add at least one line of cost.")
    record.finish()
    return period


def _line(record: Record) -> CostLine:
    line = CostLine(
        category=record.get("category", TEXT),
        lower=record.get("lower", MONEY),
        upper=record.get("upper", MONEY),
        status=record.get("status", one_of(*_COST_STATUS)),
        source=record.get("source", TEXT),
    )
    if record.is_good("lower", "upper") and line.lower > line.upper:
        record.defect("upper", f"the upper bound {line.upper} is below the lower {line.lower}", "Swap them.")
    record.finish()
    return line
