"""How far running cost fell below the frozen baseline, both per day of their own periods.

Estimates are intervals, and stay so: the least saving compares the dearest actual with the cheapest
baseline, the greatest the other way round. Without actuals nothing is known, not even a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from city.errors import InvalidInput
from city.model.city import City
from city.model.money import CostPeriod, RunningCost
from city.model.places import Text
from city.model.promises import PromiseId
from monitoring.promises.figure import Bounds, Figure, Input, Period, of_promise

FORMULA = Text(
    el="1 - (πραγματικό κόστος ανά ημέρα / κόστος αναφοράς ανά ημέρα). "
    "Κάτω όριο: 1 - ανώτερο πραγματικό / κατώτερο αναφοράς. Άνω όριο: 1 - κατώτερο πραγματικό / ανώτερο αναφοράς. "
    "Τιμή: από τα μέσα των διαστημάτων.",
    en="1 - (actual cost per day / baseline cost per day). "
    "Lower bound: 1 - upper actual / lower baseline. Upper bound: 1 - lower actual / upper baseline. "
    "Value: of the middles of the intervals.",
)
NOT_ENTERED = Text(
    el="το cost.yaml δεν έχει τέτοια περίοδο που έκλεισε", en="cost.yaml has no such period that had ended"
)
UNKNOWN = Bounds(value=None, lower=None, upper=None)


def running_cost(city: City, on: date) -> Figure:
    """From the actuals of a period that had ended by the day `on`."""
    cost = city.running_cost
    actual = cost.actual if cost.actual is not None and cost.actual.end <= on else None
    judged = actual or cost.baseline
    return of_promise(
        city.promise(PromiseId.RUNNING_COST),
        bounds=reduction(RunningCost(baseline=cost.baseline, actual=actual)),
        unit="share of the baseline's cost",
        as_of=judged.end,
        period=Period(start=judged.start, end=judged.end),
        formula=FORMULA,
        inputs=(*_inputs("baseline", cost.baseline, BASELINE), *_inputs("actual", actual, ACTUAL)),
    )


def reduction(cost: RunningCost) -> Bounds:
    """Raises InvalidInput where the two periods are in different currencies."""
    if cost.actual is None:
        return UNKNOWN
    if cost.actual.currency != cost.baseline.currency:
        raise InvalidInput(
            "cost.yaml",
            f"the baseline is in {cost.baseline.currency}, the actual cost in {cost.actual.currency}",
            "Give both in one currency.",
        )
    baseline, actual = _daily(cost.baseline), _daily(cost.actual)
    if baseline.lower <= 0:
        return UNKNOWN
    return Bounds(
        value=float(1 - actual.middle / baseline.middle),
        lower=float(1 - actual.upper / baseline.lower),
        upper=float(1 - actual.lower / baseline.upper),
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """Money per day."""

    lower: Decimal
    upper: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.lower + self.upper) / 2


def _daily(period: CostPeriod) -> Interval:
    days = (period.end - period.start).days
    return Interval(period.lower / days, period.upper / days)


BASELINE = Text(el="κόστος αναφοράς", en="baseline cost")
ACTUAL = Text(el="πραγματικό κόστος", en="actual cost")
_ENDS = {
    "days": Text(el="ημέρες", en="days"),
    "lower": Text(el="κατώτερο", en="lower"),
    "upper": Text(el="ανώτερο", en="upper"),
}


def _inputs(prefix: str, period: CostPeriod | None, what: Text) -> Iterable[Input]:
    source: Text | tuple[Text | str, ...] = NOT_ENTERED
    if period is not None:
        source = _approved(period) if what is BASELINE else _source(period)
    values = {
        "days": None if period is None else (period.end - period.start).days,
        "lower": None if period is None else float(period.lower),
        "upper": None if period is None else float(period.upper),
    }
    for end, value in values.items():
        label = Text(el=f"{what.el}, {_ENDS[end].el}", en=f"{what.en}, {_ENDS[end].en}")
        unit = "days" if end == "days" else "" if period is None else period.currency
        yield Input(name=f"{prefix}_{end}", label=label, value=value, unit=unit, source=source)


def _source(period: CostPeriod) -> tuple[Text | str, ...]:
    start, end = period.start, period.end
    ours = Text(el=f"cost.yaml, {start} έως {end}: ", en=f"cost.yaml, {start} to {end}: ")
    return ours, "; ".join(dict.fromkeys(line.source for line in period.lines))


def _approved(period: CostPeriod) -> tuple[Text | str, ...]:
    """The source, with who froze the period and when. It is told and decides nothing: the bounds do."""
    source, who, when = _source(period), period.approved_by, period.approved_on
    if not (who or when):
        return *source, Text(el="; δεν έχει εγκριθεί ακόμη από κανέναν", en="; approved by nobody yet")
    by = (Text(el="; εγκρίθηκε από: ", en="; approved by "), who) if who else (Text(el="; εγκρίθηκε", en="; approved"),)
    on = (Text(el=f" στις {when}", en=f" on {when}"),) if when else ()
    return *source, *by, *on
