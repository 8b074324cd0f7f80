"""Availability of the municipal services in their agreed hours, and of the devices in the street beside it.

Time that nobody observed is down for the lower bound and up for the upper one. The value is the share
of the time that was observed; where nothing was, there is no value.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from city.model.city import City
from city.model.places import Text
from monitoring.availability import Availability, Span, agreed_spans, gross, together
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import LEDGER, Bounds, Figure, Finding, Input, alike
from monitoring.figures.indicator import Asked, Indicator, Measure, Speaker

FORMULA = Text(
    el="Σ χρόνος λειτουργίας / Σ συμφωνημένος χρόνος που παρατηρήθηκε, όλων των υπηρεσιών μαζί. "
    "Λειτουργεί όποια απαντά όπως πρέπει στους ελέγχους που δηλώνει η πόλη, από τα μισά τουλάχιστον σημεία ελέγχου, "
    "και όταν αργεί· όπου δεν δηλώνεται έλεγχος, όποια το νέφος δείχνει ότι εξυπηρετεί, με έναν διακομιστή της ενεργό. "
    "Κάτω όριο: όσος χρόνος δεν παρατηρήθηκε μετρά ως διακοπή. Άνω όριο: μετρά ως λειτουργία.",
    en="sum of time up / sum of agreed time that was observed, all services together. "
    "Up is a service that answers the city's probe as it should from at least half of the vantage points, "
    "slowly too; where no probe is declared, one whose load balancer the cloud shows to serve, with a server running. "
    "Lower bound: unobserved time counts as down. Upper bound: it counts as up.",
)
DECLARED = Text(el="όσα δηλώνει η πόλη", en="what the city declares")
AGREED = alike("services.yaml, hours")
HOUR = timedelta(hours=1)
HOURS = Text(el="ώρες", en="hours")


def read(declaration: Declaration) -> None:
    """The rule has no keys: the agreed hours stand beside each service."""
    declaration.rule.finish()


def measure(city: City, _: None) -> Measure:
    return lambda asked: availability(city, asked)


def availability(city: City, asked: Asked) -> Finding:
    """The promise is about the services; the devices are told beside it."""
    services, devices = services_availability(city, asked), devices_availability(city, asked)
    return Finding(
        bounds=Bounds(value=services.value, lower=services.lower, upper=services.upper),
        as_of=asked.at,
        period=asked.span,
        inputs=(
            *_inputs("services", _SERVICES, len(city.services), services),
            *_inputs("devices", _DEVICES, len(city.devices), devices),
        ),
    )


def services_availability(city: City, asked: Asked) -> Availability:
    """Every declared service within its own agreed hours, each second of each alike."""
    start, end = asked.at - asked.period, asked.at
    agreed = {
        f"service:{service.id}": agreed_spans(service.hours, city.time_zone, start, end) for service in city.services
    }
    return _observed(asked, agreed)


def devices_availability(city: City, asked: Asked) -> Availability:
    """Every access point and switch, around the clock."""
    around_the_clock = ((asked.at - asked.period, asked.at),)
    return _observed(asked, {f"device:{device.id}": around_the_clock for device in city.devices})


def _observed(asked: Asked, agreed: Mapping[str, Sequence[Span]]) -> Availability:
    seen = asked.observations.intervals(agreed.keys(), asked.at - asked.period, asked.at)
    return together(gross(seen.get(subject, ()), spans) for subject, spans in agreed.items())


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
    "degraded": Text(el="χρόνος υποβαθμισμένης λειτουργίας, μέσα στον χρόνο λειτουργίας", en="of it, time degraded"),
    "unknown": Text(el="χρόνος που δεν παρατηρήθηκε", en="time not observed"),
}
_SHARES = {
    "value": Text(el="διαθεσιμότητα στον χρόνο που παρατηρήθηκε", en="availability in the time observed"),
    "lower": Text(el="διαθεσιμότητα, κάτω όριο", en="availability, lower bound"),
    "upper": Text(el="διαθεσιμότητα, άνω όριο", en="availability, upper bound"),
}


def _inputs(prefix: str, what: Text, subjects: int, found: Availability) -> Iterable[Input]:
    yield Input(name=prefix, label=what, value=subjects, unit=prefix, unit_in_label=True, source=DECLARED)
    counts = {"observed": found.observed, "never_observed": subjects - found.observed}
    for name, count in counts.items():
        label = _of(what, _COUNTS[name])
        yield Input(name=f"{prefix}_{name}", label=label, value=count, unit=prefix, unit_in_label=True, source=LEDGER)
    times = {"agreed": found.agreed, "up": found.up, "degraded": found.degraded, "unknown": found.unknown}
    if prefix == "devices":
        del times["degraded"]  # no device is: it answers, or it does not
    for name, spent in times.items():
        declared = (prefix, name) == ("services", "agreed")
        yield Input(
            name=f"{prefix}_{name}_hours",
            label=_of(what, _TIMES[name]),
            value=spent / HOUR,
            unit=HOURS,
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


UP = Text(
    el="Από %(start)s έως %(end)s οι δημοτικές υπηρεσίες λειτουργούσαν στο %(value)s του συμφωνημένου χρόνου που "
    "παρατηρήθηκε, σε %(observed)s από τις %(services)s υπηρεσίες.",
    en="From %(start)s to %(end)s the municipal services were up %(value)s of the agreed time observed, "
    "seen at %(observed)s of %(services)s services.",
)
NOBODY = Text(
    el="Από %(start)s έως %(end)s κανείς δεν παρατήρησε τις δημοτικές υπηρεσίες.",
    en="From %(start)s to %(end)s nobody observed the municipal services.",
)
_DIGITS = 2
"""Availability is argued about in hundredths."""


def sentence(figure: Figure, speak: Speaker) -> str:
    period = {"start": speak.moment(figure.period.start), "end": speak.moment(figure.period.end)}
    if figure.value is None:
        return speak.text(NOBODY) % period
    counts = {name: speak.number(figure.number(f"services{end}")) for name, end in _COUNTED.items()}
    return speak.text(UP) % {"value": speak.at_least(figure.value, _DIGITS), **counts, **period}


_COUNTED = {"services": "", "observed": "_observed"}

INDICATOR = Indicator(
    id="availability",
    read=read,
    measure=measure,
    unit="share of agreed service time",
    formula=FORMULA,
    sentence=sentence,
    digits=_DIGITS,
)
