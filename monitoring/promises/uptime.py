"""Availability of the municipal services in their agreed hours, and of the devices in the street beside it.

Time that nobody observed is down for the lower bound and up for the upper one. The value is the share
of the time that was observed; where nothing was, there is no value.
"""

from collections.abc import Iterable
from datetime import timedelta

from city.model.city import City
from city.model.places import Text
from city.model.promises import PromiseId
from monitoring.availability import Availability
from monitoring.promises.figure import LEDGER, Bounds, Figure, Input, Period, alike, of_promise

FORMULA = Text(
    el="Σ χρόνος λειτουργίας / Σ συμφωνημένος χρόνος που παρατηρήθηκε, όλων των υπηρεσιών μαζί. "
    "Λειτουργεί όποια το νέφος δείχνει ότι εξυπηρετεί, με έναν τουλάχιστον διακομιστή της ενεργό. "
    "Κάτω όριο: όσος χρόνος δεν παρατηρήθηκε μετρά ως διακοπή. Άνω όριο: μετρά ως λειτουργία.",
    en="sum of time up / sum of agreed time that was observed, all services together. "
    "Up is a service whose load balancer the cloud shows to serve, with at least one of its servers running. "
    "Lower bound: unobserved time counts as down. Upper bound: it counts as up.",
)
DECLARED = Text(el="όσα δηλώνει η πόλη", en="what the city declares")
AGREED = alike("services.yaml, hours")
HOUR = timedelta(hours=1)


def availability(city: City, services: Availability, devices: Availability, period: Period) -> Figure:
    """The promise is about the services; the devices are told beside it."""
    return of_promise(
        city.promise(PromiseId.AVAILABILITY),
        bounds=Bounds(value=services.value, lower=services.lower, upper=services.upper),
        unit="share of agreed service time",
        as_of=period.end,
        period=period,
        formula=FORMULA,
        inputs=(
            *_inputs("services", _SERVICES, len(city.services), services),
            *_inputs("devices", _DEVICES, len(city.devices), devices),
        ),
    )


_SERVICES = Text(el="υπηρεσίες", en="services")
_DEVICES = Text(el="συσκευές", en="devices")
_COUNTS = {
    "observed": Text(el="παρατηρήθηκαν μέσα στον συμφωνημένο χρόνο", en="seen in their agreed time"),
    "never_observed": Text(
        el="δεν παρατηρήθηκαν καθόλου μέσα στον συμφωνημένο χρόνο", en="never seen in their agreed time"
    ),
}
_TIMES = {
    "agreed": Text(el="συμφωνημένος χρόνος", en="agreed time"),
    "up": Text(el="χρόνος λειτουργίας", en="time up"),
    "unknown": Text(el="χρόνος που δεν παρατηρήθηκε", en="time not observed"),
}
_SHARES = {
    "value": Text(el="διαθεσιμότητα στον χρόνο που παρατηρήθηκε", en="availability in the time observed"),
    "lower": Text(el="διαθεσιμότητα, κάτω όριο", en="availability, lower bound"),
    "upper": Text(el="διαθεσιμότητα, άνω όριο", en="availability, upper bound"),
}


def _inputs(prefix: str, what: Text, subjects: int, found: Availability) -> Iterable[Input]:
    yield Input(name=prefix, label=what, value=subjects, unit=prefix, source=DECLARED)
    counts = {"observed": found.observed, "never_observed": subjects - found.observed}
    for name, count in counts.items():
        yield Input(name=f"{prefix}_{name}", label=_of(what, _COUNTS[name]), value=count, unit=prefix, source=LEDGER)
    times = {"agreed": found.agreed, "up": found.up, "unknown": found.unknown}
    for name, spent in times.items():
        declared = (prefix, name) == ("services", "agreed")
        yield Input(
            name=f"{prefix}_{name}_hours",
            label=_of(what, _TIMES[name]),
            value=spent / HOUR,
            unit="hours",
            source=AGREED if declared else LEDGER,
        )
    shares = {"value": found.value, "lower": found.lower, "upper": found.upper}
    for name, share in shares.items():
        label = _of(what, _SHARES[name])
        yield Input(
            name=f"{prefix}_{name}", label=label, value=share, unit="share", source=LEDGER, is_upper=name == "upper"
        )


def _of(what: Text, label: Text) -> Text:
    return Text(el=f"{what.el}, {label.el}", en=f"{what.en}, {label.en}")
