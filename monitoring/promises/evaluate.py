"""All four promises at one moment, from the city's declaration and the ledger."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from city.model.city import City
from monitoring import radios
from monitoring.availability import Availability, Span, agreed_spans, gross, together
from monitoring.ledger.intervals import Interval, State
from monitoring.promises.broadband import broadband
from monitoring.promises.figure import Figure, Period
from monitoring.promises.running_cost import running_cost
from monitoring.promises.uptime import availability
from monitoring.promises.wireless import Radio, wireless_coverage

DAY = timedelta(hours=24)


class Observations(Protocol):
    """What is asked of the ledger. Subjects are `device:ID`, `radio:ID/BAND` and `service:ID`; a gap is unknown."""

    def states_at(self, at: datetime) -> Mapping[str, State]: ...

    def intervals(
        self, subjects: Collection[str] | None, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Interval]]: ...


def evaluate(
    city: City, ledger: Observations, at: datetime, period: timedelta = DAY, radio: Radio | None = None
) -> tuple[Figure, ...]:
    """The figures at `at`, availability over the `period` that ends there, in the order of PromiseId; times in UTC.

    `radio` holds what follows from the declaration alone; whoever asks again passes it again.
    Raises ValueError where `at` has no time zone, InvalidInput where the declaration contradicts itself.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    at = at.astimezone(UTC)  # elsewhere a day on which clocks change would have the wrong number of hours
    today = at.astimezone(city.time_zone).date()
    start = at - period
    return (
        wireless_coverage(city, radio or Radio(city), access_point_states(city, ledger, at), at),
        broadband(city, today),
        running_cost(city, today),
        availability(
            city,
            services_availability(city, ledger, start, at),
            devices_availability(city, ledger, start, at),
            Period(start=start, end=at),
        ),
    )


def device_states(ledger: Observations, at: datetime) -> dict[str, State]:
    """By device id; a device that is not in it is unknown."""
    prefix = "device:"
    return {name.removeprefix(prefix): state for name, state in ledger.states_at(at).items() if name.startswith(prefix)}


def access_point_states(city: City, ledger: Observations, at: datetime) -> dict[str, State]:
    """By access point: whether residents can use it, by its radio in the coverage rule's band, or else unknown.

    One that has no such radio, and covers nobody, is as its device is.
    """
    states, band = ledger.states_at(at), city.coverage_rule.band
    heard = {ap.id: any(radio.band == band for radio in ap.radios) for ap in city.access_points}
    subjects = {ap: radios.subject(ap, band) if by_radio else f"device:{ap}" for ap, by_radio in heard.items()}
    return {ap: states[subject] for ap, subject in subjects.items() if subject in states}


def services_availability(city: City, ledger: Observations, start: datetime, end: datetime) -> Availability:
    """Every declared service within its own agreed hours, each second of each alike."""
    agreed = {
        f"service:{service.id}": agreed_spans(service.hours, city.time_zone, start, end) for service in city.services
    }
    return _observed(ledger, agreed, start, end)


def devices_availability(city: City, ledger: Observations, start: datetime, end: datetime) -> Availability:
    """Every access point and switch, around the clock."""
    return _observed(ledger, {f"device:{device.id}": ((start, end),) for device in city.devices}, start, end)


def _observed(
    ledger: Observations, agreed: Mapping[str, Sequence[Span]], start: datetime, end: datetime
) -> Availability:
    seen = ledger.intervals(agreed.keys(), start, end)
    return together(gross(seen.get(subject, ()), spans) for subject, spans in agreed.items())
