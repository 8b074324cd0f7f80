"""The services and the switches as the page and its JSON tell them: how each stands now, and since when."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from city.model.city import City
from city.model.services import Service, Tier
from monitoring.dashboard.language import Language
from monitoring.ledger.intervals import State
from monitoring.probing.account import Reason, reasons
from monitoring.probing.declared import Probed
from monitoring.probing.failure import Failure
from monitoring.snapshot import Snapshot, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A service with its tier, or a switch with its district; of a service, who sees it, and what is not well."""

    name: str
    beside: str
    now: Standing
    seen_by: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """Through which probe a service is seen, empty for the cloud's own word; from which vantage points; and what is not
    well, as far as a probe told it. `unasked`: it declares a probe, and nobody here asks it."""

    probe: str
    points: tuple[str, ...]
    reasons: tuple[Reason, ...]
    unasked: bool = False


def seen(now: Standing, probed: Probed | None, *, unasked: bool = False) -> Seen:
    if probed is None:
        return Seen("", (), (), unasked)
    why = reasons(now.cause)
    blind = {point for reason in why if reason.what == Failure.NOT_ASKED for point in reason.points}
    points = tuple(point.id for point in probed.points if point.id not in blind)
    return Seen(probed.ask.probe.name, points, why)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked here: the probes by service, and the services that declare one that nobody here asks."""

    probes: Mapping[str, Probed]
    unprobed: Collection[str] = ()


def services(city: City, asked: Asked, snapshot: Snapshot, speak: Language) -> tuple[Line, ...]:
    """Every service, the most needed tier first and the city's order within it."""
    return tuple(
        _service(city, service, asked, snapshot, speak)
        for service in sorted(city.services, key=lambda service: service.tier)
    )


def _service(city: City, service: Service, asked: Asked, snapshot: Snapshot, speak: Language) -> Line:
    now = snapshot.standing_of(f"service:{service.id}")
    found = seen(now, asked.probes.get(service.id), unasked=service.id in asked.unprobed)
    names = {point.id: speak.text(point.name) for point in city.probing.points}
    return Line(
        name=speak.text(service.name),
        beside=f"{service.tier.value}, {tier_told(service.tier, speak)}",
        now=now,
        seen_by=_seen_by(service, found, names, speak),
        reasons=tuple(_told(reason, names, speak) for reason in found.reasons),
    )


def _seen_by(service: Service, found: Seen, names: Mapping[str, str], speak: Language) -> str:
    _ = speak.gettext
    if found.probe and found.points:
        return _("%(probe)s from: %(points)s") % {"probe": found.probe, "points": _listed(found.points, names)}
    if found.unasked:
        return _("the cloud; not probed here")
    return _("nobody yet") if found.probe or service.workload is None else _("the cloud")


def _told(reason: Reason, names: Mapping[str, str], speak: Language) -> str:
    where = ", ".join(filter(None, (_listed(reason.points, names), *reason.members)))
    return f"{speak.text(reason.text)}: {where}" if where else speak.text(reason.text)


def _listed(points: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(point, point) for point in points)


def tier_told(tier: Tier, speak: Language) -> str:
    _ = speak.gettext
    match tier:
        case Tier.CRITICAL:
            return _("critical")
        case Tier.IMPORTANT:
            return _("important")
        case Tier.ORDINARY:
            return _("ordinary")


def switches_not_up(city: City, snapshot: Snapshot, speak: Language) -> tuple[Line, ...]:
    standing = ((switch, snapshot.standing_of(f"device:{switch.id}")) for switch in city.switches)
    return tuple(
        Line(name=switch.id, beside=speak.text(city.site(switch.site).name), now=now)
        for switch, now in standing
        if now.state is not State.UP
    )


def counts(lines: tuple[Line, ...]) -> dict[State, int]:
    return {state: sum(line.now.state is state for line in lines) for state in State}
