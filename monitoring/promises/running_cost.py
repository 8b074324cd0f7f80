"""How far running cost fell below the frozen baseline, both per day of their own periods.

Estimates are intervals, and stay so: the least saving compares the dearest actual with the cheapest
baseline, the greatest the other way round; where credits make the actual negative, with the dearest baseline.
Without actuals nothing is known, not even a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from city.load.kinds import DATE, MONEY, TEXT, one_of
from city.load.record import Record
from city.model.city import City
from city.model.places import Text
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import Bounds, Figure, Finding, Input, Period
from monitoring.figures.indicator import Indicator, Measure, Speaker

FORMULA = Text(
    el="1 - (πραγματικό κόστος ανά ημέρα / κόστος αναφοράς ανά ημέρα). "
    "Κάτω όριο: η μικρότερη τιμή από τα άκρα των δύο διαστημάτων, άνω όριο: η μεγαλύτερη. "
    "Τιμή: από τα μέσα των διαστημάτων.",
    en="1 - (actual cost per day / baseline cost per day). "
    "Lower bound: the least of it at the ends of both intervals, upper bound: the greatest. "
    "Value: of the middles of the intervals.",
)
UNKNOWN = Bounds(value=None, lower=None, upper=None)


_COST_STATUS = ("estimate", "budget", "account")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "CZK", "RON", "HUF", "BGN")


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
    """Both in one currency. `file` is the name of the one that says so."""

    baseline: CostPeriod
    actual: CostPeriod | None
    file: str = "cost.yaml"


def read(declaration: Declaration) -> RunningCost:
    """`cost`: the YAML file with the frozen baseline and, once there is one, the actual cost."""
    record = declaration.mapping("cost")
    declaration.rule.finish()
    baseline = _period(record.child("baseline"))
    actual = _period(record.child("actual")) if record.has("actual") else None
    record.finish()
    if actual is not None:
        _check_currencies(baseline, actual, record)
    return RunningCost(baseline=baseline, actual=actual, file=record.name)


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


def measure(_: City, cost: RunningCost) -> Measure:
    return lambda asked: running_cost(cost, asked.today)


def running_cost(cost: RunningCost, on: date) -> Finding:
    """From the actuals of a period that had ended by the day `on`."""
    actual = cost.actual if cost.actual is not None and cost.actual.end <= on else None
    judged = actual or cost.baseline
    return Finding(
        bounds=UNKNOWN if actual is None else reduction(cost.baseline, actual),
        as_of=judged.end,
        period=Period(start=judged.start, end=judged.end),
        inputs=(*_inputs(BASELINE, cost.baseline, cost.file), *_inputs(ACTUAL, actual, cost.file)),
    )


def reduction(baseline: CostPeriod, actual: CostPeriod) -> Bounds:
    """Of two periods in one currency; nothing is known where the baseline may be nothing."""
    before, now = _daily(baseline), _daily(actual)
    if before.lower <= 0:
        return UNKNOWN
    ratios = [cost / base for cost in (now.lower, now.upper) for base in (before.lower, before.upper)]
    return Bounds(
        value=float(1 - now.middle / before.middle), lower=float(1 - max(ratios)), upper=float(1 - min(ratios))
    )


@dataclass(frozen=True, slots=True)
class Daily:
    """Money per day, between two bounds."""

    lower: Decimal
    upper: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.lower + self.upper) / 2


def _daily(period: CostPeriod) -> Daily:
    days = (period.end - period.start).days
    return Daily(period.lower / days, period.upper / days)


BASELINE = Text(el="κόστος αναφοράς", en="baseline cost")
ACTUAL = Text(el="πραγματικό κόστος", en="actual cost")
_ENDS = {
    "days": Text(el="ημέρες", en="days"),
    "lower": Text(el="κατώτερο", en="lower"),
    "upper": Text(el="ανώτερο", en="upper"),
}


def _inputs(what: Text, period: CostPeriod | None, file: str) -> Iterable[Input]:
    prefix = "baseline" if what is BASELINE else "actual"
    source: Text | tuple[Text | str, ...] = _not_entered(file)
    if period is not None:
        source = _approved(period, file) if what is BASELINE else _source(period, file)
    values = {
        "days": None if period is None else (period.end - period.start).days,
        "lower": None if period is None else float(period.lower),
        "upper": None if period is None else float(period.upper),
    }
    for end, value in values.items():
        label = Text(el=f"{what.el}, {_ENDS[end].el}", en=f"{what.en}, {_ENDS[end].en}")
        unit = "days" if end == "days" else "" if period is None else period.currency
        yield Input(
            name=f"{prefix}_{end}", label=label, value=value, unit=unit, unit_in_label=end == "days", source=source
        )


def _source(period: CostPeriod, file: str) -> tuple[Text | str, ...]:
    start, end = period.start, period.end
    ours = Text(el=f"{file}, {start} έως {end}: ", en=f"{file}, {start} to {end}: ")
    return ours, "; ".join(dict.fromkeys(line.source for line in period.lines))


def _approved(period: CostPeriod, file: str) -> tuple[Text | str, ...]:
    """The source, with who froze the period and when. It is told and decides nothing: the bounds do."""
    source, who, when = _source(period, file), period.approved_by, period.approved_on
    if not (who or when):
        return *source, Text(el="; δεν έχει εγκριθεί ακόμη από κανέναν", en="; approved by nobody yet")
    by = (Text(el="; εγκρίθηκε από: ", en="; approved by "), who) if who else (Text(el="; εγκρίθηκε", en="; approved"),)
    on = (Text(el=f" στις {when}", en=f" on {when}"),) if when else ()
    return *source, *by, *on


def _not_entered(file: str) -> Text:
    return Text(el=f"το {file} δεν έχει τέτοια περίοδο που έκλεισε", en=f"{file} has no such period that had ended")


LESS = Text(
    el="Η λειτουργία των συστημάτων κοστίζει %(value)s λιγότερο από το κόστος αναφοράς.",
    en="Running ICT costs %(value)s less than in the baseline.",
)
MORE = Text(
    el="Η λειτουργία των συστημάτων κοστίζει %(value)s περισσότερο από το κόστος αναφοράς.",
    en="Running ICT costs %(value)s more than in the baseline.",
)
NOT_KNOWN = Text(
    el="Δεν γνωρίζουμε τι εξοικονομήθηκε: δεν έχει καταχωριστεί πραγματικό κόστος περιόδου που έκλεισε.",
    en="Nobody can say what was saved: the data hold no actual cost of a finished period.",
)


def sentence(figure: Figure, speak: Speaker) -> str:
    if figure.value is None:
        return speak.text(NOT_KNOWN)
    if figure.value < 0:
        return speak.text(MORE) % {"value": speak.at_most(-figure.value)}
    return speak.text(LESS) % {"value": speak.at_least(figure.value)}


INDICATOR = Indicator(
    id="running-cost",
    read=read,
    measure=measure,
    unit="share of the baseline's cost",
    formula=FORMULA,
    sentence=sentence,
    target=Text(
        el="Υπόσχεση: τουλάχιστον %(target)s λιγότερο έως %(due)s.",
        en="Promised: at least %(target)s less by %(due)s.",
    ),
)
